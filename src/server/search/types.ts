/** What a chunk is about. `text`: lines of a file without a grammar, or between definitions. */
export type ChunkKind = 'function' | 'method' | 'class' | 'type' | 'constant' | 'module' | 'section' | 'text';

/** Where a chunk stands, and what it defines. */
export interface ChunkPlace {
  /** Relative to the workspace, with `/`. */
  path: string;
  /** e.g. `typescript`; null where there is no grammar. */
  language: string | null;
  kind: ChunkKind;
  /** The name that it defines; empty for none. */
  symbol: string;
  /** The names around it, outermost first, joined by `.`. */
  parent: string;
  /** From 1, both inclusive. */
  startLine: number;
  endLine: number;
}

export interface Chunk extends ChunkPlace {
  /** Of a definition: from its first word to its body, cut at 400 characters; empty for anything else. */
  signature: string;
  /** As it stands in the file, with its leading comment. */
  text: string;
}

/** One file, ready to be put into an index. */
export interface ChunkedFile {
  path: string;
  /** SHA-256, hex, of the file's bytes. */
  hash: string;
  chunks: readonly Chunk[];
}

export interface CodeQuery {
  /** What somebody looks for, in words or names. */
  text: string;
  /** At most so many candidates. */
  limit: number;
  /** Of `text`, by the model of the store's vectors; absent: by words alone. */
  vector?: readonly number[];
}

/** A chunk that a store found. */
export interface Candidate extends ChunkPlace {
  /** Of the file that it was made of. */
  hash: string;
  signature: string;
  /** The terms of its text in order, as `joinedTerms` gives them. */
  terms: string;
  /** By the store's own measure; comparable within one answer only. */
  score: number;
}

/** What a store finds, before the ranking (`rank/rank.ts`). */
export interface Candidates {
  /** Best first. */
  found: readonly Candidate[];
  /**
   * How rare each term of the query (`queryTerms`) is in the workspace: ln(1 + (N - n + 0.5) / (n + 0.5)) for n of N chunks
   * that hold it. A term that stands nowhere is absent.
   */
  rarity: ReadonlyMap<string, number>;
}

/** The chunks of one workspace. The filter by workspace is set here and nowhere else, so no query can be without it. */
export interface WorkspaceIndex {
  /** Puts these files in place of what was there under their paths. All that a reader sees of a file is of one version. */
  put(files: readonly EmbeddedFile[]): Promise<void>;
  removeFiles(paths: readonly string[]): Promise<void>;
  candidates(query: CodeQuery): Promise<Candidates>;
  /** Path to hash of all files that are in it. */
  files(): Promise<Map<string, string>>;
}

/** With the vector of each chunk where an embedding model is configured, in the same order. */
export interface EmbeddedFile extends ChunkedFile {
  vectors?: readonly (readonly number[])[];
}

/** Vectors can be compared within one of these only. */
export interface VectorSpace {
  /** `provider/model`. */
  model: string;
  dimensions: number;
}

/** Two of them, one contract suite: `stores/embedded` and `stores/qdrant`. */
export interface CodeStore {
  readonly name: 'embedded' | 'qdrant';
  workspace(id: string): WorkspaceIndex;
  /** With everything that was kept of it. */
  removeWorkspace(id: string): Promise<void>;
  close(): Promise<void>;
}
