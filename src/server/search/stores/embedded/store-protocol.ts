import type { Candidates, CodeQuery, EmbeddedFile } from '../../types.ts';

/** What the store's thread is asked for, and what it answers. */
export interface Operations {
  put: { files: readonly EmbeddedFile[]; result: void };
  removeFiles: { paths: readonly string[]; result: void };
  candidates: { query: CodeQuery; result: Candidates };
  files: { result: Map<string, string> };
  removeWorkspace: { result: void };
}

export type Operation = keyof Operations;

/** Without its result. */
export type Arguments<Name extends Operation> = Omit<Operations[Name], 'result'>;

export type StoreRequest = {
  [Name in Operation]: { id: number; operation: Name; file: string; arguments: Arguments<Name> };
}[Operation];

export type StoreAnswer = { id: number; result: unknown } | { id: number; error: string };

/** Given to the thread when it starts. */
export interface StoreThreadData {
  /** Names the model of the vectors; empty for none. */
  space: string;
}
