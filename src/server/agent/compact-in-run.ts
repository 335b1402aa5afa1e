import { CrosspointError } from '#protocol/errors.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { contextFor } from './context.ts';
import { draftCompaction, draftEvents, type CompactionDraft } from './draft-compaction.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import type { Turn } from './turn.ts';

/** Answers of this turn after a compaction before another summary is paid for; until then an outline is made. */
const answersBetween = 3;

/**
 * After a request did not fit: shortens the conversation once, on the record, so that the same step can be asked again
 * (fault F13). Whoever calls asks once more and never comes here twice for one step.
 * @throws the failure, when the provider's word is all there is against the request and nothing can be left out; else
 * `compaction_did_not_shrink`
 */
export async function compactInRun(
  setup: AgentSetup,
  turn: Turn,
  thread: ThreadRow,
  failure: CrosspointError,
): Promise<void> {
  const { memory, run, signal } = turn;
  const { count, room } = contextFor(setup, thread, memory, thread.modelConfig);
  const wasRefused = count.tokens <= room;
  const model = modelName(thread.modelConfig);
  const writer = thread.compactionModel ?? thread.modelConfig;
  const isRepeated = await wasJustMade(setup, turn);
  const by = isRepeated ? 'by rule' : `by ${modelName(writer)}`;
  const message = `The conversation does not fit into ${model}: its beginning is being summarised ${by}. The messages themselves stay.`;
  await turn.commit([{ type: 'notice', data: { code: 'compaction_started', message } }]);
  let draft: CompactionDraft;
  try {
    draft = await draftCompaction(setup, {
      thread,
      memory,
      forConfig: thread.modelConfig,
      writer,
      method: isRepeated ? 'outline' : null,
      scope: 'when_needed',
      by: 'auto',
      wasRefused,
      runId: run.id,
      signal,
    });
  } catch (cause) {
    throw wasRefused && isTooLarge(cause) ? failure : cause;
  }
  setup.point('compaction.before_commit');
  await turn.commit(draftEvents(draft), (store) => store.compactions.append(draft.row));
  setup.point('compaction.committed');
  await memory.refresh(setup.store);
}

function isTooLarge(cause: unknown): boolean {
  return (
    cause instanceof CrosspointError &&
    (cause.code === 'compaction_did_not_shrink' || cause.code === 'nothing_to_compact')
  );
}

/** A turn whose every step fills the window must not pay for a summary at every step. */
async function wasJustMade(setup: AgentSetup, { threadId, memory }: Turn): Promise<boolean> {
  const made = await setup.store.events.listOfTypes(threadId, ['context.compacted'], {
    newest: 1,
    path: memory.path,
  });
  const last = made.at(-1);
  if (last?.event.type !== 'context.compacted' || last.event.data.compaction.by !== 'auto') return false;
  const since = memory.transcript.filter(({ seq }) => seq > last.afterSeq);
  const answers = since.filter(({ role }) => role === 'assistant').length;
  return answers < answersBetween && !since.some(({ role }) => role === 'user');
}
