import { randomBytes } from 'node:crypto';
import type { Step } from './conversation.ts';
import { jsonPieces, roughTokens, wordPieces } from './pieces.ts';
import { signatureOf } from './signature.ts';

export interface MessagesAnswer {
  model: string;
  thinks: boolean;
  inputTokens: number;
}

/** The events of a messages stream (docs.anthropic.com/en/api/messages-streaming). */
export function* messagesEvents(
  step: Step,
  { model, thinks, inputTokens }: MessagesAnswer,
): Generator<string> {
  const usage = {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 1,
  };
  const id = `msg_demo_${randomBytes(8).toString('hex')}`;
  const message = {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
  yield sse('message_start', { message: { ...message, usage } });
  yield sse('ping', {});
  const blocks = [
    ...(thinks ? [thinkingBlock(step, model)] : []),
    textBlock(step),
    ...step.calls.map(toolBlock),
  ];
  for (const [index, { start, deltas }] of blocks.entries()) {
    yield sse('content_block_start', { index, content_block: start });
    for (const delta of deltas) yield sse('content_block_delta', { index, delta });
    yield sse('content_block_stop', { index });
  }
  const stop = { stop_reason: step.calls.length ? 'tool_use' : 'end_turn', stop_sequence: null };
  yield sse('message_delta', { delta: stop, usage: { output_tokens: outputTokens(step, thinks) } });
  yield sse('message_stop', {});
}

interface StreamedBlock {
  start: object;
  deltas: object[];
}

function thinkingBlock({ reasoning }: Step, model: string): StreamedBlock {
  const signature = signatureOf(model, reasoning);
  return {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...wordPieces(reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature },
    ],
  };
}

function textBlock({ text }: Step): StreamedBlock {
  return {
    start: { type: 'text', text: '' },
    deltas: wordPieces(text).map((piece) => ({ type: 'text_delta', text: piece })),
  };
}

function toolBlock({ name, args }: Step['calls'][number]): StreamedBlock {
  const id = `toolu_${randomBytes(12).toString('hex')}`;
  return {
    start: { type: 'tool_use', id, name, input: {} },
    deltas: jsonPieces(JSON.stringify(args)).map((piece) => ({
      type: 'input_json_delta',
      partial_json: piece,
    })),
  };
}

/** Thinking included. */
export function outputTokens({ reasoning, text, calls }: Step, thinks: boolean): number {
  const args = calls.map((call) => JSON.stringify(call.args)).join('');
  return roughTokens((thinks ? reasoning : '') + text + args);
}

function sse(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
