/** What the code search works with. */
export interface CodeSearchView {
  store: 'embedded' | 'qdrant';
  /** The model of the vectors that are used, as `EMBEDDING_MODEL` names it; null: words alone. */
  embeddingModel: string | null;
  /** A sentence: why the configured model is used, or is not. Absent where none is configured. */
  vectors?: string;
}

/** `GET /api/threads/{id}/index`: how far the index is that `search_code` searches. Asking starts nothing. */
export interface CodeIndexView extends CodeSearchView {
  /** `new`: not asked for yet; the first search makes it. `ready`: as the files were when they were last looked at. */
  state: 'new' | 'indexing' | 'ready' | 'failed';
  /** Files of the workspace that belong into it, and those of them that are in it. */
  files: number;
  done: number;
  /** Why it does not hold all of the workspace, a sentence each. */
  partial: string[];
  /** Why the last attempt failed, as a sentence. The next search tries again. */
  problem: string | null;
}
