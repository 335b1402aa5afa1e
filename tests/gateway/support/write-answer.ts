import type { Wire } from '#protocol/message.ts';
import type { AnsweredUsage, ClientCall } from '#server/gateway/clients/client-wire.ts';
import { clientWires } from '#server/gateway/clients/index.ts';
import type { WireAnswer, WireDelta } from '#server/gateway/wires/wire.ts';

export const requests: Record<Wire, object> = {
  'openai-chat': {
    model: 'm',
    messages: [{ role: 'user', content: 'Go.' }],
    stream_options: { include_usage: true },
  },
  'anthropic-messages': { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] },
  'openai-responses': { model: 'm', input: 'Go.' },
};

export const usage: AnsweredUsage = {
  inputTokens: 9,
  outputTokens: 5,
  cacheReadTokens: 4,
  cacheWriteTokens: 0,
  reasoningTokens: 2,
};

let count = 0;

/** The bytes that a client of this wire gets of an answer. */
export function written(
  wire: Wire,
  stream: boolean,
  deltas: readonly WireDelta[],
  answer: Omit<WireAnswer, 'usage'>,
): { contentType: string; text: string } {
  const client = clientWires[wire];
  const call: ClientCall = client.read({ ...requests[wire], stream });
  const head = { id: `answer${++count}`, model: 'm', created: 1_764_000_000 };
  const writer = client.writer(call, head);
  const pieces = deltas.map((delta) => writer.push(delta));
  return {
    contentType: writer.contentType,
    text: pieces.join('') + writer.end({ ...answer, usage: null }, usage),
  };
}
