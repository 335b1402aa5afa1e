import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { SettingsStore } from '#server/store/store.ts';
import type { CodeHit } from './excerpts.ts';
import type { ChunkedFile, CodeStore, EmbeddedFile } from './types.ts';

export interface SearchLogger {
  warn(details: object, message: string): void;
}

/** The vectors of an embedding model. */
export interface Vectors {
  ofFiles(files: readonly ChunkedFile[], signal: AbortSignal): Promise<readonly EmbeddedFile[]>;
  ofQuery(text: string, asked: AskedBy, signal: AbortSignal): Promise<readonly number[]>;
}

export interface AskedBy {
  userId: string;
  threadId: string;
  runId: string;
}

export interface CodeSearchParts {
  store: CodeStore;
  /** Asked when the first one does not answer; null: it is embedded itself. */
  fallback: CodeStore | null;
  chunker: { chunk(path: string, text: string): Promise<ChunkedFile['chunks']>; close(): Promise<void> };
  /** null: by words alone. */
  vectors: Vectors | null;
  /** Remember what could not be removed yet. */
  settings: Pick<SettingsStore, 'get' | 'set'>;
  logger: SearchLogger;
}

export interface CodeQuestion {
  sandbox: Sandbox;
  /** The id that threads with the same files share. */
  workspaceId: string;
  text: string;
  limit: number;
  asked: AskedBy;
  signal: AbortSignal;
}

export interface CodeAnswer {
  hits: CodeHit[];
  /** What a reader has to know of how it was searched, a sentence each: a part was searched, a store did not answer. */
  notes: string[];
}
