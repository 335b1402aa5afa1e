import { hash, randomUUID } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { RewindFile, RewindPlan, RewindResult, RewindTarget, RewindView } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { RewindRow } from '#server/store/workspaces.types.ts';
import { sameEntry, type Change, type Entry } from './changes.ts';
import type { Recorder } from './recorder.ts';
import { reverse, type Reversal } from './reverse.ts';
import { States } from './states.ts';
import { markUndone, readTimeline } from './timeline.ts';

interface Prepared {
  /** All files as they are. */
  commit: string;
  /** Only paths that would become something else. */
  reversals: Reversal[];
  leftAlone: string[];
  steps: number;
  hash: string;
}

/** Takes back what steps, or earlier rewinds, did to files. Only those files are touched, and nothing that is in them is lost. */
export class Rewinds {
  readonly #store: StoreTables;
  readonly #recorder: Recorder;
  /** Threads without a rewind that was cut off. */
  readonly #whole = new Set<string>();

  constructor(store: StoreTables, recorder: Recorder) {
    this.#store = store;
    this.#recorder = recorder;
  }

  async plan(sandbox: Sandbox, threadId: string, target: RewindTarget): Promise<RewindPlan> {
    const { commit, reversals, leftAlone, steps, hash } = await this.#prepare(sandbox, threadId, target);
    const built = await new States(sandbox).build(commit, entriesOf(reversals, 'overwrite'));
    const changes = new Map(built.changes.map((change) => [change.path, change]));
    return { hash, files: reversals.map((each) => fileOf(each, changes.get(each.path))), steps, leftAlone };
  }

  async apply(
    sandbox: Sandbox,
    threadId: string,
    target: RewindTarget,
    planHash: string,
    onConflict: 'skip' | 'overwrite',
  ): Promise<RewindResult> {
    const prepared = await this.#prepare(sandbox, threadId, target);
    if (prepared.hash !== planHash) throw new CrosspointError('plan_changed');
    const { commit, reversals, leftAlone } = prepared;
    const kept = [
      ...leftAlone,
      ...reversals.filter((each) => isKept(each, onConflict)).map(({ path }) => path),
    ];
    const changed = reversals.filter((each) => !isKept(each, onConflict)).map((each) => fileOf(each));
    const files: RewindResult['files'] = [
      ...changed.map(({ path, action }) => ({ path, action })),
      ...kept.map((path) => ({ path, action: 'kept' as const })),
    ];
    return this.write(sandbox, threadId, {
      target,
      commit,
      entries: entriesOf(reversals, onConflict),
      files,
    });
  }

  /** The state that it leads to is on record before the first file is touched: one that is cut off is brought to its end. */
  async write(
    sandbox: Sandbox,
    threadId: string,
    work: {
      target: RewindRow['target'];
      commit: string;
      entries: ReadonlyMap<string, Entry | null>;
      files: RewindResult['files'];
    },
  ): Promise<RewindResult> {
    const { commit: afterCommit } = await new States(sandbox).build(work.commit, work.entries);
    const id = `rewind_${randomUUID()}`;
    const { target, files } = work;
    const row = { threadId, id, target, beforeCommit: work.commit, afterCommit, files, applied: false };
    const createdAt = new Date().toISOString();
    this.#whole.delete(threadId);
    await this.#store.workspaces.addRewind({ ...row, createdAt });
    const rows = await this.settle(sandbox, threadId);
    return { rewindId: id, files: rows.find((each) => each.id === id)?.files ?? files };
  }

  /** Brings what was cut off to its end. @returns the rewinds that were */
  async settle(sandbox: Sandbox, threadId: string): Promise<RewindRow[]> {
    if (this.#whole.has(threadId)) return [];
    const open = (await this.#store.workspaces.rewinds(threadId)).filter(({ applied }) => !applied);
    const done: RewindRow[] = [];
    for (const row of open) done.push(await this.#finish(sandbox, threadId, row));
    this.#whole.add(threadId);
    return done;
  }

  /** Newest first. */
  async list(threadId: string): Promise<RewindView[]> {
    const rows = await this.#store.workspaces.rewinds(threadId);
    return rows.toReversed().map(({ id, target, createdAt, files, undoneBy }) => ({
      rewindId: id,
      kind: target.kind,
      at: createdAt,
      files: files.filter(({ action }) => action !== 'kept').length,
      undone: undoneBy !== null,
    }));
  }

  async #finish(sandbox: Sandbox, threadId: string, row: RewindRow): Promise<RewindRow> {
    const states = { before: row.beforeCommit, after: row.afterCommit };
    const done = await new States(sandbox).apply(states);
    if (done) this.#recorder.note(sandbox, done.commit);
    // Its states went with a sandbox that was lost: it is over, and what steps did stays.
    const notDone = new Set(done?.kept ?? row.files.map(({ path }) => path));
    const files = row.files.map((file) =>
      notDone.has(file.path) ? { ...file, action: 'kept' as const } : file,
    );
    const finished = { ...row, files, applied: true };
    await markUndone(this.#store, threadId, finished);
    await this.#store.workspaces.updateRewind(threadId, row.id, { files, applied: true });
    return finished;
  }

  async #prepare(sandbox: Sandbox, threadId: string, target: RewindTarget): Promise<Prepared> {
    await this.settle(sandbox, threadId);
    const { spans, steps } = await readTimeline(this.#store, threadId, target);
    const states = new States(sandbox);
    const compared = await states.compare(spans);
    const changes = spans.map(
      ({ paths }, index) => compared[index]?.filter(({ path }) => paths.has(path)) ?? [],
    );
    const lost = spans.flatMap(({ paths }, index) => (compared[index] ? [] : [...paths]));
    const paths = [...new Set(changes.flat().map(({ path }) => path))];
    const { commit } = await this.#recorder.record(sandbox, paths);
    const standing = await states.look(commit, paths);
    const blocked = new Set([...lost, ...paths.filter((path) => standing.get(path)?.isBlocked)]);
    const now = new Map(paths.map((path) => [path, standing.get(path)?.entry ?? null]));
    const open = changes.map((each) => each.filter(({ path }) => !blocked.has(path)));
    const reversals = (await reverse(states, now, open))
      .filter(({ now, result, forced, isConflict }) => !sameEntry(now, isConflict ? forced : result))
      .toSorted((left, right) => (left.path < right.path ? -1 : 1));
    return { commit, reversals, leftAlone: [...blocked].sort(), steps, hash: hashOf(reversals) };
  }
}

const isKept = ({ isConflict }: Reversal, onConflict: 'skip' | 'overwrite') =>
  isConflict && onConflict === 'skip';

function entriesOf(
  reversals: readonly Reversal[],
  onConflict: 'skip' | 'overwrite',
): Map<string, Entry | null> {
  return new Map(
    reversals.flatMap((each) =>
      isKept(each, onConflict) ? [] : [[each.path, each.isConflict ? each.forced : each.result] as const],
    ),
  );
}

function fileOf({ path, result, forced, isConflict, isMerged }: Reversal, change?: Change): RewindFile {
  const entry = isConflict ? forced : result;
  const action = !entry ? 'delete' : isMerged && !isConflict ? 'merge' : 'write';
  const lines = { additions: change?.additions ?? null, deletions: change?.deletions ?? null };
  return { path, action, conflict: isConflict, ...lines };
}

/** Of all that would be done: whatever else changes meanwhile, the plan holds. */
function hashOf(reversals: readonly Reversal[]): string {
  const facts = reversals.map(({ path, now, result, forced, isConflict }) => [
    path,
    now,
    result,
    forced,
    isConflict,
  ]);
  return hash('sha256', JSON.stringify(facts));
}
