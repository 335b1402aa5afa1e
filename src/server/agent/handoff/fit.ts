import type { PromptMessage, Target } from '#server/gateway/types.ts';

/** The part of a window that stays free for the answer when nothing says how long that may be. */
const usualAnswer = 8_192;
/** What is asked of Anthropic when a person sets no limit: it counts it against the window, whatever is written. */
const usualAnthropicAnswer = 32_000;

/**
 * Tokens of the window that the answer may take; never more than half of it.
 *
 * Refusals this prevents (Anthropic, Mistral, vLLM): "input length and `max_tokens` exceed context limit"
 */
function answerRoom(target: Target, maxTokens?: number): number {
  const { wire, maxOutput, contextWindow } = target;
  const usual = wire === 'anthropic-messages' ? usualAnthropicAnswer : usualAnswer;
  const wanted = maxTokens ?? Math.min(maxOutput ?? usualAnswer, usual);
  return contextWindow === null ? wanted : Math.min(wanted, Math.floor(contextWindow / 2));
}

/** What a request says about it; nothing where the wire's own default suits the window. */
export function answerLimit(target: Target, maxTokens?: number): number | undefined {
  const room = answerRoom(target, maxTokens);
  if (maxTokens !== undefined) return Math.min(room, target.maxOutput ?? room);
  const whole = answerRoom({ ...target, contextWindow: null });
  return target.wire === 'anthropic-messages' && room < whole ? room : undefined;
}

/** Tokens that a request may have; endless where nobody knows the window. */
export function inputRoom(target: Target, maxTokens?: number): number {
  return target.contextWindow === null ? Infinity : target.contextWindow - answerRoom(target, maxTokens);
}

/** Of one request, also of models whose window has room for more. */
const mostMessages = 2_048;

/**
 * The same, less where a provider takes only so many messages: then as much as so many of this size have.
 *
 * Refusal this prevents (OpenAI chat): "Invalid 'messages': array too long. Expected an array with maximum length 2048"
 * (obot-platform/obot#1009)
 */
export function roomForMessages(
  room: number,
  messages: readonly PromptMessage[],
  tokens: number,
  { provider, wire }: Target,
): number {
  if (provider !== 'openai' || wire !== 'openai-chat') return room;
  // The system prompt is one, and the pictures of results are a message of their own.
  const written = messages.reduce(
    (sum, message) => sum + (message.role === 'tool' ? message.results.length + 1 : 1),
    1,
  );
  return written <= mostMessages ? room : Math.min(room, Math.floor((tokens * mostMessages) / written));
}
