import type { Schemas } from '@qdrant/js-client-rest';
import { joinedTerms, fieldsOf, type Fields } from '../../terms/fields.ts';
import type { Candidate, Chunk, ChunkKind, EmbeddedFile } from '../../types.ts';
import { pointId } from './ids.ts';
import { documentVector } from './sparse.ts';

type Point = Schemas['PointStruct'];
/** Before the workspace is written into it. */
export type NewPoint = Point & { payload: Record<string, unknown> };

/** What is kept of a chunk: where it stands and what it defines, never its body. */
interface ChunkPayload {
  record: 'chunk';
  path: string;
  hash: string;
  lang: string | null;
  kind: ChunkKind;
  symbol: string;
  parent: string;
  signature: string;
  terms: string;
  start: number;
  end: number;
}

/**
 * One for each file, without a vector: which version of it counts. Chunks of any other version are invisible, so a file
 * changes at one moment, and a crash between two requests leaves the old version or the new one, never both.
 */
interface FilePayload {
  record: 'file';
  path: string;
  hash: string;
  /** Its chunks lack the vectors that they should have: the model did not answer. */
  bare: boolean;
}

/** The chunks of this version of a file. Another version has other ids: both are there until the older one is deleted. */
export function chunkPoints(workspace: string, file: EmbeddedFile): NewPoint[] {
  return file.chunks.map((chunk, ordinal) => {
    const fields = fieldsOf(chunk);
    return {
      id: pointId('chunk', workspace, file.path, file.hash, ordinal),
      vector: vectorsOf(fields, file.vectors?.[ordinal]),
      payload: { ...chunkPayload(file, chunk, fields) },
    };
  });
}

/** @param hasVectors whether the collection has vectors at all */
export function filePoint(
  workspace: string,
  { path, hash, chunks, vectors }: EmbeddedFile,
  hasVectors: boolean,
): NewPoint {
  const payload: FilePayload = {
    record: 'file',
    path,
    hash,
    bare: hasVectors && !vectors && chunks.length > 0,
  };
  return { id: fileId(workspace, path), vector: {}, payload: { ...payload } };
}

export function fileId(workspace: string, path: string): string {
  return pointId('file', workspace, path);
}

/** @param payload as it came from the server */
export function candidateOf(payload: unknown, score: number): Candidate {
  const { path, hash, lang, kind, symbol, parent, signature, terms, start, end } = payload as ChunkPayload;
  const place = { path, language: lang, kind, symbol, parent, startLine: start, endLine: end };
  return { ...place, hash, signature, terms, score };
}

export function versionOf(payload: unknown): Pick<FilePayload, 'path' | 'hash' | 'bare'> {
  return payload as FilePayload;
}

function vectorsOf(fields: Fields, dense: readonly number[] | undefined): Point['vector'] {
  const words = documentVector(fields);
  return {
    ...(dense ? { dense: [...dense] } : {}),
    // A chunk of signs alone has no words.
    ...(words.indices.length ? { words } : {}),
  };
}

function chunkPayload({ path, hash }: EmbeddedFile, chunk: Chunk, { body }: Fields): ChunkPayload {
  const { language, kind, symbol, parent, signature, startLine, endLine } = chunk;
  return {
    record: 'chunk',
    path,
    hash,
    lang: language,
    kind,
    // A name that was cut within a character is no JSON for the server.
    symbol: symbol.toWellFormed(),
    parent: parent.toWellFormed(),
    signature: signature.toWellFormed(),
    terms: joinedTerms(body).toWellFormed(),
    start: startLine,
    end: endLine,
  };
}

/** Points of one request, and its bytes as far as they matter: the server takes 32 MB (service.max_request_size_mb). */
const mostPoints = 256;
const mostBytes = 6_000_000;

/** In groups that one request may carry. */
export function batches(points: readonly Point[]): Point[][] {
  const groups: Point[][] = [];
  let [group, bytes]: [Point[], number] = [[], 0];
  for (const point of points) {
    const size = sizeOf(point);
    if (group.length && (group.length === mostPoints || bytes + size > mostBytes)) {
      groups.push(group);
      [group, bytes] = [[], 0];
    }
    group.push(point);
    bytes += size;
  }
  if (group.length) groups.push(group);
  return groups;
}

/** About as many bytes as it has in JSON, rather more. */
function sizeOf({ vector, payload }: Point): number {
  const { dense = [], words } = vector as { dense?: number[]; words?: { indices: number[] } };
  return dense.length * 24 + (words?.indices.length ?? 0) * 36 + 3 * JSON.stringify(payload).length + 200;
}
