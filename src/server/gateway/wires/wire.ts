import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
import type { SseEvent } from '../sse.ts';
import type { Dialect, FinishReason, ModelRequest, Target } from '../types.ts';
import type { WrittenMessages } from './written-messages.ts';

/** Tokens as a provider reported them, in our terms: input includes cached, output includes reasoning. */
export interface ReportedUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** Of `cacheWriteTokens`: those that are kept for an hour and cost more. */
  longCacheWriteTokens?: number;
  /** What the provider says that it charged, in USD. */
  chargedUsd?: number;
}

export type WireDelta =
  /** `refusal`: the provider says that these words decline. */
  | { type: 'text-delta'; text: string; refusal?: true }
  | { type: 'reasoning-delta'; text: string }
  /** A part of the reasoning as it will be in the answer, where the wire says it before the end. */
  | { type: 'reasoning-done'; part: ReasoningPart }
  | { type: 'tool-call-delta'; index: number; id?: string; name: string; argsText: string };

export interface WireAnswer {
  reason: FinishReason;
  parts: AssistantPart[];
  servedModel?: string;
  /** null when the provider reported none. */
  usage: ReportedUsage | null;
}

/** What can be kept of an answer that broke off: its text, never its calls. */
export type WirePartial = Omit<WireAnswer, 'reason'>;

/** Reads one answer, as a stream or as a whole. A failure inside it is a thrown CrosspointError. */
export interface WireReader {
  /** An event before the first delta is preamble: nothing of the answer has been seen yet. */
  push(event: SseEvent): WireDelta[];
  /** A whole answer, instead of all events: what a stream of it would have given. `done` is true after it. */
  readBody(body: object): WireDelta[];
  /** The stream's own last event has arrived: what follows needs no waiting for. */
  readonly done: boolean;
  /** Who answers, once the provider has said it: before the first delta, on every wire. */
  readonly servedModel: string | undefined;
  /** The answer, once the stream has ended. Throws `provider_stream_cut` when it ended without saying so. */
  end(): WireAnswer;
  partial(): WirePartial;
}

/** One wire: the only code that knows its bytes. */
export interface WireCodec {
  /** Below the base URL. */
  path: string;
  headers: Record<string, string>;
  /**
   * The JSON text of the body: fixed key order, nothing volatile, the messages last, so that the text of a shorter
   * conversation is a prefix of the longer one's.
   */
  write(request: ModelRequest, dialect: Dialect, written: WrittenMessages): string;
  reader(target: Target, dialect: Dialect): WireReader;
}
