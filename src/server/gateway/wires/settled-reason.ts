import type { FinishReason } from '../types.ts';

/** Some servers end an answer with calls by `stop`, and some say `tool_calls` without any. */
export function settledReason(reason: FinishReason, calls: number): FinishReason {
  if (calls && reason === 'stop') return 'tool-calls';
  return !calls && reason === 'tool-calls' ? 'stop' : reason;
}
