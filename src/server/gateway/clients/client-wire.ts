import type { AssistantPart, Message, Wire } from '#protocol/message.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { ModelRequest, Target, ToolDefinition } from '../types.ts';
import type { WireAnswer, WireDelta } from '../wires/wire.ts';
import type { ClientTool } from './client-tools.ts';
import type { ClientFailure } from './failure.ts';
import type { Recall } from './transcript.ts';

/**
 * One wire as clients speak it to us: the mirror of `wires/wire.ts`. Used where the model's own wire is another one; where
 * it is the same, bytes are passed through and nothing here runs (but `hasEnvelope` and the shapes of errors).
 */
export interface ClientWire {
  wire: Wire;
  /** What the client posts to, e.g. `/v1/chat/completions`. */
  path: string;
  /** @throws CrosspointError `bad_request`, `unsupported_parameter` (values: `param`, `detail`) */
  read(body: unknown): ClientCall;
  /** Writes one answer: as events when the client asked for a stream, else as one JSON body. */
  writer(call: ClientCall, head: AnswerHead): ClientWriter;
  /** The JSON text of an error answer; its status is `failure.status`. */
  errorBody(failure: ClientFailure, requestId: string): string;
}

/** A request as its client meant it, without a target. */
export interface ClientCall {
  wire: Wire;
  /** As the client wrote it: a preset, a name, a bare id or a chain. */
  model: string;
  /** Whether the client wants events. */
  stream: boolean;
  /** Chat completions: an event with the usage before the end. */
  includeUsage: boolean;
  /** Of the body: `user`, `safety_identifier` or `metadata.user_id`. */
  endUser: string | null;
  system: string;
  tools: ToolDefinition[];
  /** Tools that are no plain functions to the client, by the name that the model calls. */
  clientTools: ReadonlyMap<string, ClientTool>;
  toolChoice?: ModelRequest['toolChoice'];
  settings: ModelRequest['settings'];
  /**
   * The conversation for the projection. Capsules in our envelopes come out as they went in; a provider's own signatures
   * are taken for the target's where it speaks the client's wire, else left out. What the client dropped is recalled.
   */
  transcript(target: Target, recall?: Recall): Message[];
  /** Fields of the request that an answer repeats (responses). */
  echo: Record<string, unknown>;
}

export interface AnswerHead {
  /** Unique; the wire's prefix is put before it. Letters, digits, `-` and `_`. */
  id: string;
  /** What the answer calls the model: as the provider does, once it has said it. */
  readonly model: string;
  /** Seconds since 1970. */
  created: number;
  /** Tokens of the request: the messages wire tells them at the beginning, where some clients read nothing else. */
  estimateInput?: () => number;
  /** Told of an answer with calls to a client that may drop its reasoning: the ids that the client knows them by. */
  remember?: (callIds: string[], parts: readonly AssistantPart[]) => void;
}

/** Gives the text to send, which may be empty. The first text of a stream begins with the wire's own preamble. */
export interface ClientWriter {
  /** `text/event-stream; charset=utf-8` or `application/json`. */
  contentType: string;
  push(delta: WireDelta): string;
  /** The rest of the answer, with the wire's normal end. */
  end(answer: WireAnswer, usage: AnsweredUsage): string;
  /** An error event after the stream has begun: the last bytes, without the wire's normal end. */
  fail(failure: ClientFailure): string;
}

/** Tokens of the attempt that answered. */
export type AnsweredUsage = Pick<
  UsageEntry,
  'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'reasoningTokens'
>;
