import type { FinishReason, Dialect } from '../types.ts';
import type { ReportedUsage } from '../wires/wire.ts';
import type { TopLevel } from './top-level.ts';

/** What is seen of an answer while its bytes pass through. */
export interface Seen {
  /** Something of the answer itself, not only its preamble: from here on the client has it. */
  meaningful: boolean;
  /** Characters of the answer in what was read; only the beginning is. */
  characters: number;
  finish: FinishReason | null;
  /** The stream has ended as its wire ends. */
  ended: boolean;
  usage: ReportedUsage | null;
  servedModel?: string;
  /** An error inside of the answer, in whatever shape. */
  error?: unknown;
}

/** One wire's signs in an answer: which events matter, and what they tell. Stateless but for `seen`. */
export interface WireWatch {
  /** Told by the bytes of an event whether it must be read; text that a model writes is escaped and never matches. */
  sign: RegExp;
  /** @returns true for an event that we asked for and the client did not */
  event(data: unknown, seen: Seen): boolean;
  /** A whole answer. */
  whole(answer: TopLevel, seen: Seen): void;
}

export interface WatchOptions {
  dialect: Dialect;
  /** The usage chunk at the end of a chat stream is ours (`stream_options.include_usage`). */
  ownUsage: boolean;
}

export function newSeen(): Seen {
  return { meaningful: false, characters: 0, finish: null, ended: false, usage: null };
}
