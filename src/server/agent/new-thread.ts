import type { ModelConfig } from '#protocol/model.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { newId } from './ids.ts';

/** Characters of a title that is taken from the first message. */
const maxTitle = 60;

/** A thread as it begins: nothing said, nothing set but the model. */
export function newThread(
  userId: string,
  modelConfig: ModelConfig,
  sandboxType: ThreadRow['sandboxType'],
): ThreadRow {
  const id = newId('thread');
  const now = new Date().toISOString();
  return {
    id,
    userId,
    title: '',
    titled: false,
    modelConfig,
    approvalMode: 'ask',
    fallbackModels: [],
    pauseOnMismatch: false,
    autoCompact: true,
    compactionModel: null,
    subagentModel: null,
    cacheAnswers: false,
    budgetUsd: null,
    sandboxId: id,
    sandboxType,
    currentFile: null,
    useMorph: false,
    branch: 0,
    createdAt: now,
    updatedAt: now,
  };
}

/** The first line of what a person said first. */
export function titleOf(message: string): string {
  const line = message.trim().split('\n', 1)[0]?.trim() ?? '';
  return line.length > maxTitle
    ? `${line
        .slice(0, maxTitle - 1)
        .toWellFormed()
        .trimEnd()}…`
    : line;
}
