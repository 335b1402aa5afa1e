import type { ToolResultPart, ToolResultStatus } from '#protocol/message.ts';

const failed = new Set<ToolResultStatus>(['error', 'outcome_unknown']);

/** Whether the call did not do what was asked. */
export function isFailure(result: ToolResultPart): boolean {
  return failed.has(result.status);
}

/** The OpenAI wires have no field for a failed call, so the text says it. */
export function resultText(result: ToolResultPart): string {
  const text = result.text.trim() === '' ? '(no output)' : result.text;
  return result.status === 'error' && !/^error/i.test(text) ? `Error: ${text}` : text;
}
