import { randomBytes } from 'node:crypto';
import type { Step } from './conversation.ts';
import { outputTokens, type MessagesAnswer } from './messages-stream.ts';
import { signatureOf } from './signature.ts';

/** A whole message (docs.anthropic.com/en/api/messages). */
export function wholeMessage(step: Step, { model, thinks, inputTokens }: MessagesAnswer): object {
  const { reasoning, text, calls } = step;
  const thought = { type: 'thinking', thinking: reasoning, signature: signatureOf(model, reasoning) };
  const uses = calls.map(({ name, args }) => ({
    type: 'tool_use',
    id: `toolu_${randomBytes(12).toString('hex')}`,
    name,
    input: args,
  }));
  return {
    id: `msg_demo_${randomBytes(8).toString('hex')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [...(thinks ? [thought] : []), { type: 'text', text }, ...uses],
    stop_reason: calls.length ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: outputTokens(step, thinks),
    },
  };
}
