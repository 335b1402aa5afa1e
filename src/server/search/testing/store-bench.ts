import { createHash } from 'node:crypto';
import type { Candidate, Chunk, CodeStore, EmbeddedFile, VectorSpace, WorkspaceIndex } from '../types.ts';

/** A store's place, which outlives the stores that are opened in it. */
export interface StoreBench {
  /** Another process, or the same one later. */
  open(space: VectorSpace | null): CodeStore;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function symbols(store: CodeStore, workspace: string, text: string): Promise<string[]> {
  const found = await find(store.workspace(workspace), text);
  return found.map(({ symbol }) => symbol).toSorted();
}

export async function find(
  index: WorkspaceIndex,
  text: string,
  vector?: number[],
): Promise<readonly Candidate[]> {
  const { found } = await index.candidates({ text, limit: 50, ...(vector ? { vector } : {}) });
  return found;
}

export function chunkOf(changes: Partial<Chunk>): Chunk {
  const place = { path: '', language: 'typescript', kind: 'function', symbol: 'f', parent: '' } as const;
  return { ...place, signature: '', startLine: 1, endLine: 2, text: '', ...changes };
}

export function hashOf(path: string, chunks: readonly Chunk[]): string {
  return createHash('sha256')
    .update(JSON.stringify([path, chunks]))
    .digest('hex');
}

/** As a chunker gives it. */
export function fileOf(path: string, given: readonly Chunk[], vectors?: number[][]): EmbeddedFile {
  const chunks = given.map((chunk) => ({ ...chunk, path, text: chunk.text || `${chunk.symbol}()` }));
  return { path, hash: hashOf(path, given), chunks, ...(vectors ? { vectors } : {}) };
}
