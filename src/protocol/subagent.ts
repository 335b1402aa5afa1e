/** What a subagent took: kept with the result of its call, and shown. */
export interface SubagentRun {
  /** `provider/model` that gave the answer. */
  model: string;
  /** To models, also of one that failed and was followed by another. */
  requests: number;
  /** Of tools. */
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** In USD; null when some price is unknown: never 0 for unknown. Already in the thread's cost. */
  costUsd: number | null;
}
