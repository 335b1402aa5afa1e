import { CrosspointError } from '#protocol/errors.ts';
import { answerAgain } from './answer-again.ts';
import { answer } from './answer.ts';
import { cancel } from './cancel.ts';
import { compactThread, editCompaction, removeCompaction } from './compact.ts';
import { contextParts } from './context-parts.ts';
import { decide } from './decide.ts';
import { fillParts, type AgentParts } from './parts.ts';
import { recover } from './recover.ts';
import { rewindConversation } from './rewind-conversation.ts';
import { Runs } from './runs.ts';
import { start } from './start.ts';
import { requireThread, resolveChoice } from './switch-model.ts';
import { switchReceipt } from './switch-receipt.ts';
import { deleteThread, summarise, updateThread, viewThread } from './threads.ts';
import type { AgentService } from './types.ts';

/** The agent: everything that the HTTP layer calls. One per process; call `recover` once before the first request. */
export function createAgent(parts: AgentParts): AgentService {
  const setup = fillParts(parts);
  const runs = new Runs(setup);
  return {
    start: (userId, command) => start(setup, runs, userId, command),
    decide: (userId, command) => decide(setup, runs, userId, command),
    answerAgain: (userId, command) => answerAgain(setup, runs, userId, command),
    answer: (userId, runId) => answer(setup, runs, userId, runId),
    cancel: (userId, threadId) => cancel(setup, runs, userId, threadId),
    async listThreads(userId) {
      const threads = await setup.store.threads.list(userId);
      return Promise.all(threads.map((thread) => summarise(setup, thread)));
    },
    getThread: (userId, threadId) => viewThread(setup, runs, userId, threadId),
    getContext: (userId, threadId) => contextParts(setup, runs, userId, threadId),
    updateThread: (userId, threadId, change) => updateThread(setup, runs, userId, threadId, change),
    deleteThread: (userId, threadId) => deleteThread(setup, runs, userId, threadId),
    async previewSwitch(userId, threadId, to) {
      const thread = await requireThread(setup, userId, threadId);
      const choice = resolveChoice(setup, to);
      if (!choice) throw new CrosspointError('missing_model');
      return switchReceipt(setup, thread, runs.memories.of(threadId), choice);
    },
    compact: (userId, threadId, command) => compactThread(setup, runs, userId, threadId, command),
    editCompaction: (userId, threadId, text) => editCompaction(setup, runs, userId, threadId, text),
    removeCompaction: (userId, threadId) => removeCompaction(setup, runs, userId, threadId),
    rewindConversation: (userId, threadId, messageId) =>
      rewindConversation(setup, userId, threadId, messageId),
    recover: () => recover(setup),
    close() {
      runs.memories.stopCompacting();
      return runs.stopAll();
    },
  };
}
