import { hash } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { ChangeScope, FileChange, Hunk, RewindResult } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { FileVersions } from '../types.ts';
import { fileChangeOf, sameEntry, type Entry } from './changes.ts';
import { withoutHunk } from './hunks.ts';
import type { Recorder } from './recorder.ts';
import { reverse } from './reverse.ts';
import type { Rewinds } from './rewinds.ts';
import { States } from './states.ts';
import { stepsInScope } from './timeline.ts';

interface Sides {
  /** All files as they are. */
  commit: string;
  before: Entry | null;
  after: Entry | null;
  now: Entry | null;
}

const noFile = '0'.repeat(64);

/** What was changed in a step, in a turn or since the start, and one change of it taken back. */
export class LookBack {
  readonly #store: StoreTables;
  readonly #recorder: Recorder;
  readonly #rewinds: Rewinds;

  constructor(store: StoreTables, recorder: Recorder, rewinds: Rewinds) {
    this.#store = store;
    this.#recorder = recorder;
    this.#rewinds = rewinds;
  }

  /** What remains of it in the end: what came and went again is no change. */
  async changes(sandbox: Sandbox, threadId: string, scope: ChangeScope): Promise<FileChange[]> {
    await this.#rewinds.settle(sandbox, threadId);
    const steps = await stepsInScope(this.#store, threadId, scope);
    const [first, last] = [steps[0], steps.at(-1)];
    if (!first || !last) return [];
    if (scope.kind === 'step') return first.files;
    const touched = new Set(steps.flatMap(({ files }) => files.map(({ path }) => path)));
    const after = scope.kind === 'turn' ? last.afterCommit : await this.#record(sandbox, [...touched]);
    const changes = await new States(sandbox).changes({ before: first.beforeCommit, after });
    return changes.filter(({ path }) => touched.has(path)).map(fileChangeOf);
  }

  async versions(
    sandbox: Sandbox,
    threadId: string,
    scope: ChangeScope,
    path: string,
  ): Promise<FileVersions> {
    const { before, after } = await this.#sides(sandbox, threadId, scope, path);
    const objects = [before?.object ?? null, after?.object ?? null];
    const { bytes, hunks } = await new States(sandbox).versions(objects);
    const [old = null, young = null] = bytes;
    const isText = ![old, young].some((side) => side?.includes(0));
    return { before: old, after: young, hash: await hashNow(sandbox, path), hunks: isText ? hunks : [] };
  }

  async revertHunk(
    sandbox: Sandbox,
    threadId: string,
    scope: ChangeScope,
    path: string,
    hunk: number | null,
    shownHash: string,
  ): Promise<RewindResult> {
    const sides = await this.#sides(sandbox, threadId, scope, path);
    if ((await hashNow(sandbox, path)) !== shownHash) throw new CrosspointError('file_changed', { path });
    const states = new States(sandbox);
    const before = hunk === null ? sides.before : await this.#without(states, sides, hunk);
    const change = { path, before, after: sides.after };
    const [reversal] = await reverse(states, new Map([[path, sides.now]]), [[change]]);
    if (!reversal || reversal.isConflict) throw new CrosspointError('file_changed', { path });
    const { result } = reversal;
    const isSame = sameEntry(result, sides.now);
    return this.#rewinds.write(sandbox, threadId, {
      target: { kind: 'revert', path },
      commit: sides.commit,
      entries: isSame ? new Map() : new Map([[path, result]]),
      files: isSame ? [] : [{ path, action: result ? 'write' : 'delete' }],
    });
  }

  /** The file after the change, with the lines of one hunk as they were before. @throws `bad_request` */
  async #without(states: States, { before, after }: Sides, index: number): Promise<Entry> {
    const objects = [before?.object ?? null, after?.object ?? null];
    const { bytes, hunks } = await states.versions(objects);
    const [old, young] = bytes;
    const hunk: Hunk | undefined = hunks[index];
    if (!hunk || !old || !young || !after)
      throw new CrosspointError('bad_request', { detail: `The change has no part ${index}.` });
    return { mode: after.mode, object: await states.keep(withoutHunk(old, young, hunk)) };
  }

  async #sides(sandbox: Sandbox, threadId: string, scope: ChangeScope, path: string): Promise<Sides> {
    await this.#rewinds.settle(sandbox, threadId);
    const steps = await stepsInScope(this.#store, threadId, scope);
    const own = steps.filter(({ files }) => files.some((file) => file.path === path));
    const [first, last] = [own[0], own.at(-1)];
    if (!first || !last) throw new CrosspointError('not_found', { what: 'change' });
    const states = new States(sandbox);
    const commit = await this.#record(sandbox, [path]);
    const entryIn = async (state: string) => (await states.look(state, [path])).get(path)?.entry ?? null;
    const [now, before] = [await entryIn(commit), await entryIn(first.beforeCommit)];
    const after = scope.kind === 'all' ? now : await entryIn(last.afterCommit);
    return { commit, now, before, after };
  }

  async #record(sandbox: Sandbox, paths: readonly string[]): Promise<string> {
    return (await this.#recorder.record(sandbox, paths)).commit;
  }
}

async function hashNow(sandbox: Sandbox, path: string): Promise<string> {
  try {
    return hash('sha256', await sandbox.files.read(path));
  } catch (cause) {
    const none = ['file_not_found', 'not_a_file', 'path_outside_workspace', 'file_too_large'];
    if (cause instanceof CrosspointError && none.includes(cause.code)) return noFile;
    throw cause;
  }
}
