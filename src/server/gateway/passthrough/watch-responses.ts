import { readResponsesUsage, type ResponsesUsage } from '../wires/openai-responses-usage.ts';
import { incompleteReason } from '../wires/openai-responses-read.ts';
import { stringAt, valueAt } from './top-level.ts';
import type { Seen, WireWatch } from './watch.ts';

interface StreamEvent {
  type?: string;
  delta?: unknown;
  item?: { type?: string };
  response?: ResponseObject;
  code?: string | null;
  message?: string;
  error?: unknown;
}

interface ResponseObject {
  model?: string;
  status?: string;
  error?: unknown;
  incomplete_details?: { reason?: string } | null;
  usage?: ResponsesUsage | null;
}

/** Events and items that tell only that something begins. */
const preamble =
  /^response\.(?:created|queued|in_progress|content_part\.added|reasoning_summary_part\.added)$/;
const emptyItems = new Set(['message', 'reasoning']);

export function watchResponses(): WireWatch {
  return {
    sign: /"type"\s*:\s*"(?:response\.(?:created|completed|incomplete|failed)|error)"/,
    event(data, seen) {
      if (data === '[DONE]') return false;
      const event = data as StreamEvent;
      const { type = '', response } = event;
      if (type === 'error') seen.error = event.error ?? { code: event.code, message: event.message };
      if (response) take(response, seen);
      if (type === 'response.failed') seen.error ??= { message: 'the response failed' };
      if (type === 'response.completed') seen.finish = 'stop';
      if (type === 'response.incomplete') seen.finish = incompleteReason(response);
      seen.ended ||= seen.finish !== null;
      seen.characters += typeof event.delta === 'string' ? event.delta.length : 0;
      const begins = type === 'response.output_item.added' && emptyItems.has(event.item?.type ?? '');
      seen.meaningful ||= !begins && !preamble.test(type);
      return false;
    },
    whole(answer, seen) {
      const status = stringAt(answer, 'status') ?? 'completed';
      const response: ResponseObject = {
        model: stringAt(answer, 'model'),
        status,
        error: valueAt(answer, 'error'),
        incomplete_details: valueAt(answer, 'incomplete_details') as ResponseObject['incomplete_details'],
        usage: valueAt(answer, 'usage') as ResponsesUsage | null,
      };
      take(response, seen);
      if (status === 'failed') seen.error ??= { message: 'the response failed' };
      seen.finish = status === 'incomplete' ? incompleteReason(response) : 'stop';
      seen.ended = answer.values.has('output');
    },
  };
}

function take({ model, usage, error }: ResponseObject, seen: Seen): void {
  if (model) seen.servedModel = model;
  if (usage) seen.usage = readResponsesUsage(usage);
  if (error) seen.error = error;
}
