/** What the tokens of a request are spent on. */
export type ContextPart =
  /** What Crosspoint tells every model. */
  | 'system'
  /** Descriptions of the tools. */
  | 'tools'
  /** What the project says: `AGENTS.md`, rules of folders, skills. */
  | 'instructions'
  /** Files that were read or attached, and pictures. */
  | 'files'
  /** Calls, and what they gave. */
  | 'toolOutput'
  /** What the person and the models said. */
  | 'talk'
  /** Thoughts that go back to the model that had them. */
  | 'reasoning';

/** `GET /api/threads/{id}/context`: of the request that the thread's model would get now. */
export interface ContextParts {
  /** `provider/model` */
  model: string;
  /** The sum of the parts. */
  tokens: number;
  parts: Record<ContextPart, number>;
  /** Tokens that the model has; null: unknown. */
  contextWindow: number | null;
  /** Of them, kept free for the answer. null: as above. */
  answerTokens: number | null;
  /** Counted by rule of thumb, not with the model's own tokenizer. */
  estimated: boolean;
  /** Old results of tools that are shown in part. */
  shortenedResults: number;
  /** Results that are shown as a pointer to an equal one. */
  repeatedReads: number;
}
