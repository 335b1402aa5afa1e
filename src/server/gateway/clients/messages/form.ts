import type { ToolCallPart } from '#protocol/message.ts';
import type { FinishReason } from '../../types.ts';
import type { AnsweredUsage } from '../client-wire.ts';
import { isObject } from '../fields.ts';
import { errorType, type ClientFailure } from '../failure.ts';

/** The parts that streams and whole answers of the messages API have in common. */

const stopReasons: Record<FinishReason, string> = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
  refusal: 'refusal',
};

export function stopFields(reason: FinishReason): {
  stop_reason: string;
  stop_sequence: null;
  stop_details: unknown;
} {
  const refused = stopReasons[reason] === 'refusal';
  const details = refused ? { type: 'refusal', category: null, explanation: null } : null;
  return { stop_reason: stopReasons[reason], stop_sequence: null, stop_details: details };
}

/** What the stream repeats at its end; `input_tokens` leaves out what was cached. */
export function messageUsage(usage: AnsweredUsage) {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    input_tokens: Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
  };
}

export function fullUsage(usage: AnsweredUsage): object {
  const written = { ephemeral_5m_input_tokens: usage.cacheWriteTokens, ephemeral_1h_input_tokens: 0 };
  return {
    ...messageUsage(usage),
    cache_creation: written,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}

export function messageHead(id: string, model: string) {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, container: null, diagnostics: null };
}

/** Ids that Anthropic takes back: a client may go on with one of its models. */
export function toolUseId(id: string): string {
  return id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
}

/** Anthropic's own way to carry arguments that are none (docs: "Fine-grained tool streaming"). */
export function inputOf({ args }: ToolCallPart): object {
  try {
    const value: unknown = JSON.parse(args);
    return isObject(value) ? value : { INVALID_JSON: args };
  } catch (cause) {
    if (cause instanceof SyntaxError) return { INVALID_JSON: args };
    throw cause;
  }
}

export function messagesError({ status, code, message }: ClientFailure, requestId?: string): object {
  // Coding agents know by these words that they have to shorten the conversation.
  const said = code === 'context_length_exceeded' ? `prompt is too long: ${message}` : message;
  const id = requestId === undefined ? {} : { request_id: requestId };
  return { type: 'error', error: { type: errorType(status), message: said }, ...id };
}
