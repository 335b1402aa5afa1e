import { CrosspointError } from '#protocol/errors.ts';
import type { ChangeScope, RewindTarget } from '#protocol/workspace.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { RewindRow, StepRow } from '#server/store/workspaces.types.ts';
import type { Span } from './states.ts';

/** What is taken back, the newest first. */
export interface Timeline {
  spans: (Span & { paths: ReadonlySet<string> })[];
  /** Those of the agent among it. */
  steps: number;
}

/** @throws `not_found` */
export async function readTimeline(
  store: StoreTables,
  threadId: string,
  target: RewindTarget,
): Promise<Timeline> {
  if (target.kind === 'redo') {
    const rewind = (await store.workspaces.rewinds(threadId)).find(({ id }) => id === target.rewindId);
    if (!rewind) throw new CrosspointError('not_found', { what: 'rewind' });
    return { spans: rewind.undoneBy === null ? [spanOfRewind(rewind)] : [], steps: 0 };
  }
  const steps = (await stepsOf(store, threadId, target)).filter(({ undoneBy }) => undoneBy === null);
  return { spans: steps.toReversed().map(spanOfStep), steps: steps.length };
}

/** Steps of a target, the oldest first, also those that were taken back. @throws `not_found` */
async function stepsOf(
  store: StoreTables,
  threadId: string,
  target: Exclude<RewindTarget, { kind: 'redo' }>,
): Promise<StepRow[]> {
  if (target.kind === 'step') {
    const step = await store.workspaces.step(threadId, target.toolCallId);
    if (!step) throw new CrosspointError('not_found', { what: 'step' });
    return [step];
  }
  const place = await store.messages.place(threadId, target.messageId);
  if (!place) throw new CrosspointError('not_found', { what: 'message' });
  const seqs = new Map<string, number>();
  const later: StepRow[] = [];
  for (const step of await store.workspaces.steps(threadId)) {
    const call = await store.toolCalls.get(threadId, step.toolCallId);
    const messageId = call?.messageId ?? '';
    const seq = seqs.get(messageId) ?? (await store.messages.place(threadId, messageId))?.seq ?? 0;
    seqs.set(messageId, seq);
    if (seq > place.seq) later.push(step);
  }
  return later;
}

/** What is not taken back any more, and what is now: nothing of it, where a file of it was kept as it is. */
export async function markUndone(store: StoreTables, threadId: string, rewind: RewindRow): Promise<void> {
  const { target, id } = rewind;
  if (target.kind === 'revert') return;
  const kept = new Set(rewind.files.filter(({ action }) => action === 'kept').map(({ path }) => path));
  const isWhole = (paths: Iterable<string>) => ![...paths].some((path) => kept.has(path));
  if (target.kind !== 'redo') {
    const steps = await stepsOf(store, threadId, target);
    const whole = steps.filter((step) => step.undoneBy === null && isWhole(spanOfStep(step).paths));
    return store.workspaces.markUndone(threadId, positionsOf(whole), id);
  }
  const rewinds = await store.workspaces.rewinds(threadId);
  const undone = rewinds.find((each) => each.id === target.rewindId);
  if (!undone || !isWhole(spanOfRewind(undone).paths)) return;
  const byIt = (row: { undoneBy: string | null }) => row.undoneBy === undone.id;
  const steps = (await store.workspaces.steps(threadId)).filter(byIt);
  await store.workspaces.markUndone(threadId, positionsOf([...steps, ...rewinds.filter(byIt)]), null);
  await store.workspaces.markUndone(threadId, [undone.position], id);
  // What had taken a rewind back is taken back: that rewind is in force again.
  const again = undone.target.kind === 'redo' ? undone.target.rewindId : null;
  const first = rewinds.find((each) => each.id === again);
  if (first) await markUndone(store, threadId, first);
}

/** The steps of a scope, the oldest first. */
export async function stepsInScope(
  store: StoreTables,
  threadId: string,
  scope: ChangeScope,
): Promise<StepRow[]> {
  const steps = await store.workspaces.steps(threadId);
  if (scope.kind === 'all') return steps;
  return steps.filter((step) =>
    scope.kind === 'turn' ? step.runId === scope.runId : step.toolCallId === scope.toolCallId,
  );
}

function spanOfStep({ beforeCommit, afterCommit, files }: StepRow): Timeline['spans'][number] {
  return { before: beforeCommit, after: afterCommit, paths: new Set(files.map(({ path }) => path)) };
}

function spanOfRewind({ beforeCommit, afterCommit, files }: RewindRow): Timeline['spans'][number] {
  const changed = files.filter(({ action }) => action !== 'kept');
  return { before: beforeCommit, after: afterCommit, paths: new Set(changed.map(({ path }) => path)) };
}

const positionsOf = (rows: readonly { position: number }[]) => rows.map(({ position }) => position);
