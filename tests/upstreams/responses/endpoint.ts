import type { Frame } from '../delivery.ts';
import type { Endpoint, Reply } from '../emulator.ts';
import { finishOf, usageOf, type Point } from '../script.ts';
import { checkResponses } from './check.ts';
import { itemFrames, outputItems, type OutputItem } from './items.ts';
import { viewResponses } from './view.ts';

/** `POST /v1/responses` of OpenAI. */
export const responsesEndpoint: Endpoint = {
  wire: 'openai-responses',
  check: checkResponses,
  view: viewResponses,
  frames,
  whole(reply) {
    const items = outputItems(reply);
    return response(
      reply,
      finalStatus(reply),
      items.map(({ whole }) => whole),
    );
  },
  errorFrame: (status, message) => {
    const code = status === 429 ? 'rate_limit_exceeded' : 'server_error';
    const event = { type: 'error', sequence_number: 9, code, message, param: null };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  },
  textFrame: (delta) => {
    const event = {
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      item_id: 'msg_endless',
      delta,
    };
    return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  },
};

function frames(reply: Reply): Frame[] {
  const items = outputItems(reply);
  const events: { event: Record<string, unknown> & { type: string }; point: Point }[] = [
    { event: { type: 'response.created', response: response(reply, 'in_progress', []) }, point: 'preamble' },
    {
      event: { type: 'response.in_progress', response: response(reply, 'in_progress', []) },
      point: 'preamble',
    },
    ...items.flatMap((item, index) => itemFrames(item, index)),
  ];
  const status = finalStatus(reply);
  const last = response(
    reply,
    status,
    items.map(({ whole }) => whole),
  );
  events.push({ event: { type: `response.${status}`, response: last }, point: 'end' });
  return events.map(({ event, point }, sequence) => {
    const { type, ...fields } = event;
    return {
      text: `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`,
      point,
    };
  });
}

function finalStatus({ answer }: Reply): 'completed' | 'incomplete' {
  return ['length', 'content-filter'].includes(finishOf(answer)) ? 'incomplete' : 'completed';
}

function response(reply: Reply, status: string, output: OutputItem['whole'][]): object {
  const { asked, answer, bodyText } = reply;
  const isOver = status !== 'in_progress';
  const reason = finishOf(answer) === 'length' ? 'max_output_tokens' : 'content_filter';
  return {
    id: `resp_${asked.number}`,
    object: 'response',
    created_at: 1_764_000_000 + asked.number,
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason } : null,
    model: answer.servedModel ?? asked.model,
    output,
    store: asked.body.store ?? true,
    usage: isOver && answer.usage !== null ? responsesUsage(answer, bodyText) : null,
  };
}

function responsesUsage(answer: Reply['answer'], bodyText: string): object {
  const usage = usageOf(answer, bodyText);
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
