import { finishReasons } from '../wires/anthropic-read.ts';
import { mergeUsage, readAnthropicUsage, type AnthropicUsage } from '../wires/anthropic-usage.ts';
import { stringAt, valueAt } from './top-level.ts';
import type { Seen, WireWatch } from './watch.ts';

interface StreamEvent {
  type?: string;
  message?: { model?: string; usage?: AnthropicUsage };
  content_block?: { type?: string; text?: string };
  delta?: { text?: string; thinking?: string; partial_json?: string; stop_reason?: string | null };
  usage?: AnthropicUsage;
  error?: unknown;
}

/** Blocks that are something as soon as they begin; text and thinking begin empty. */
const emptyBlocks = new Set(['text', 'thinking']);

export function watchMessages(): WireWatch {
  // What was reported so far, in Anthropic's own terms: later events repeat only some of it.
  let reported: AnthropicUsage | null = null;
  const take = (usage: AnthropicUsage | null | undefined, seen: Seen) => {
    if (!usage) return;
    reported = mergeUsage(reported, usage);
    seen.usage = readAnthropicUsage(reported);
  };
  return {
    sign: /"type"\s*:\s*"(?:message_(?:start|delta|stop)|error)"/,
    event(data, seen) {
      const event = data as StreamEvent;
      if (event.type === 'error') seen.error = event.error ?? { message: 'error' };
      if (event.type === 'message_start') seen.servedModel = event.message?.model;
      if (event.type === 'message_stop') seen.ended = seen.finish !== null;
      take(event.type === 'message_start' ? event.message?.usage : event.usage, seen);
      const { stop_reason: stopReason } = event.delta ?? {};
      if (event.type === 'message_delta' && stopReason) seen.finish = finishReasons[stopReason] ?? 'stop';
      const characters = spoken(event);
      seen.characters += characters;
      seen.meaningful ||= characters > 0 || seen.finish !== null;
      return false;
    },
    whole(answer, seen) {
      const type = stringAt(answer, 'type');
      seen.error = valueAt(answer, 'error') ?? undefined;
      take(valueAt(answer, 'usage') as AnthropicUsage | null, seen);
      seen.servedModel = stringAt(answer, 'model');
      const stopReason = stringAt(answer, 'stop_reason');
      seen.finish = stopReason ? (finishReasons[stopReason] ?? 'stop') : null;
      seen.ended = type === 'message' || answer.values.has('content');
    },
  };
}

function spoken({ type, content_block: block, delta }: StreamEvent): number {
  if (type === 'content_block_start')
    return (block?.text?.length ?? 0) + (emptyBlocks.has(block?.type ?? '') ? 0 : 1);
  if (type !== 'content_block_delta') return 0;
  return (delta?.text ?? delta?.thinking ?? delta?.partial_json ?? '').length;
}
