import type { FileDiff, ProposedCall, ReviewRequest } from '#protocol/review.ts';
import type { ThreadRow, ToolCallRow } from '#server/store/store.ts';
import { modelName } from './model-request.ts';

/** What a person is shown, made of the stored rows: the very text whose hash a decision must name. */
export function reviewRequest(
  thread: ThreadRow,
  pending: readonly ToolCallRow[],
  diffs: ReadonlyMap<string, FileDiff>,
  fileContent: string | null,
): ReviewRequest {
  const names = [...new Set(pending.map((call) => call.name))].join(', ');
  const calls = pending.length === 1 ? 'a call' : `${pending.length} calls`;
  return {
    type: 'human_review',
    message: `${thread.modelConfig.model} wants to make ${calls}: ${names}. Nothing runs before you decide.`,
    toolCalls: pending.map((call) => proposedCall(call, diffs.get(call.toolCallId))),
    currentState: { file: thread.currentFile, content: fileContent, model: modelName(thread.modelConfig) },
  };
}

function proposedCall(
  { toolCallId, name, args, argsHash }: ToolCallRow,
  diff: FileDiff | undefined,
): ProposedCall {
  const shown = JSON.parse(args) as Record<string, unknown>;
  return { id: toolCallId, name, args: shown, hash: argsHash, ...(diff ? { diff } : {}) };
}
