import { randomBytes } from 'node:crypto';
import type { Step } from './conversation.ts';
import { jsonPieces, roughTokens, wordPieces } from './pieces.ts';

export interface ChatAnswer {
  model: string;
  includeUsage: boolean;
  inputTokens: number;
}

/** The events of a chat-completions stream (platform.openai.com/docs/api-reference/chat-streaming). */
export function* chatEvents(step: Step, { model, includeUsage, inputTokens }: ChatAnswer): Generator<string> {
  const head = {
    id: `chatcmpl-demo-${randomBytes(8).toString('hex')}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1_000),
    model,
  };
  const event = (delta: object, finish: string | null = null) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    return sse({ ...head, choices, ...(includeUsage ? { usage: null } : {}) });
  };
  yield event({ role: 'assistant', content: '' });
  for (const content of wordPieces(step.text)) yield event({ content });
  for (const [index, { name, args }] of step.calls.entries()) {
    const id = `call_${randomBytes(12).toString('hex')}`;
    yield event({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
    for (const piece of jsonPieces(JSON.stringify(args)))
      yield event({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  yield event({}, step.calls.length ? 'tool_calls' : 'stop');
  if (includeUsage) yield sse({ ...head, choices: [], usage: usageOf(step, inputTokens) });
  yield 'data: [DONE]\n\n';
}

/** As OpenAI counts it. */
export function usageOf({ text, calls }: Step, promptTokens: number): object {
  const completionTokens = roughTokens(text + calls.map(({ args }) => JSON.stringify(args)).join(''));
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function sse(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
