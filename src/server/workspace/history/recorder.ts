import { posix } from 'node:path';
import type { StepChanges } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { Step } from '../types.ts';
import { fileChangeOf, readState, type State } from './changes.ts';
import { isWithoutHistory, runOperation } from './operation.ts';

export interface HistoryLogger {
  warn(fields: object, message: string): void;
}

/** What is known of one sandbox's files since this process first looked. */
interface Known {
  token: string | null;
  commit: string | null;
  /** When all files were looked at the last time. */
  leftOut: string[];
  /** Paths that the index has, though the workspace's rules may leave them out. */
  tracked: Set<string>;
  open: Map<string, { before: string; paths: readonly string[] | null }>;
  /** It was said that nothing can be recorded here. */
  warned: boolean;
}

/** Makes the states of a workspace before and after each step. Nothing here waits for others: see `Locks`. */
export class Recorder {
  readonly #store: StoreTables;
  readonly #logger: HistoryLogger;
  readonly #known = new Map<string, Known>();

  constructor(store: StoreTables, logger: HistoryLogger) {
    this.#store = store;
    this.#logger = logger;
  }

  async begin(sandbox: Sandbox, step: Step & { paths: readonly string[] | null }): Promise<void> {
    const known = this.#of(sandbox);
    const paths = step.paths?.map((path) => inWorkspace(sandbox, path)) ?? null;
    await this.#orWithout(known, sandbox, async () => {
      const isNew = (paths ?? []).some((path) => !known.tracked.has(path));
      const { commit } = await this.#recordAll(sandbox, known, { force: paths ?? [], always: isNew });
      known.open.set(step.toolCallId, { before: commit, paths });
    });
  }

  /** @returns null when nothing changed */
  async end(sandbox: Sandbox, step: Step): Promise<StepChanges | null> {
    const known = this.#of(sandbox);
    const open = known.open.get(step.toolCallId);
    const recorded = open ? null : await this.#store.workspaces.step(step.threadId, step.toolCallId);
    if (recorded) return { toolCallId: step.toolCallId, files: recorded.files };
    const state = await this.#orWithout(known, sandbox, () => {
      const since = open?.before ?? 'last';
      if (open?.paths) return this.#recordOnly(sandbox, known, open.paths, since);
      return this.#recordAll(sandbox, known, { force: [], since });
    });
    known.open.delete(step.toolCallId);
    if (!state?.since || state.changes.length === 0) return null;
    const files = state.changes.map(fileChangeOf);
    const { threadId, toolCallId, runId } = step;
    const createdAt = new Date().toISOString();
    const commits = { beforeCommit: state.since, afterCommit: state.commit };
    await this.#store.workspaces.addStep({ threadId, toolCallId, runId, ...commits, files, createdAt });
    return { toolCallId, files };
  }

  /** All files as they are now. @param force paths that are kept though the rules leave them out */
  record(sandbox: Sandbox, force: readonly string[] = []): Promise<State> {
    return this.#recordAll(sandbox, this.#of(sandbox), { force, always: force.length > 0 });
  }

  /** Its files were put there by a restore: nothing that was known of it holds. */
  forget(sandbox: Sandbox): void {
    this.#known.delete(keyOf(sandbox));
  }

  /** The state that an operation of its own has made. */
  note(sandbox: Sandbox, commit: string): void {
    const known = this.#of(sandbox);
    known.commit = commit;
    known.token = null;
  }

  async #recordAll(
    sandbox: Sandbox,
    known: Known,
    { force, since, always = false }: { force: readonly string[]; since?: string; always?: boolean },
  ): Promise<State> {
    // Asked before the files are read: what changes meanwhile is seen the next time.
    const { token, changed } = await sandbox.files.changedSince(known.token);
    if (!changed && known.commit !== null && !always)
      return { commit: known.commit, leftOut: known.leftOut, since: null, changes: [] };
    const state = await this.#run(sandbox, known, { SINCE: since ?? '' }, force);
    known.token = token;
    known.leftOut = state.leftOut;
    return state;
  }

  #recordOnly(sandbox: Sandbox, known: Known, paths: readonly string[], since: string): Promise<State> {
    return this.#run(sandbox, known, { ONLY: '1', SINCE: since }, paths);
  }

  async #run(
    sandbox: Sandbox,
    known: Known,
    env: Record<string, string>,
    paths: readonly string[],
  ): Promise<State> {
    const state = readState(await runOperation(sandbox, 'record', { env, input: paths }));
    known.commit = state.commit;
    for (const path of paths) known.tracked.add(path);
    return state;
  }

  async #orWithout<Result>(
    known: Known,
    sandbox: Sandbox,
    work: () => Promise<Result>,
  ): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      if (!isWithoutHistory(error)) throw error;
      if (!known.warned) this.#logger.warn({ err: error, sandbox: sandbox.id }, 'changes are not recorded');
      known.warned = true;
      return null;
    }
  }

  #of(sandbox: Sandbox): Known {
    const key = keyOf(sandbox);
    const known = this.#known.get(key) ?? {
      token: null,
      commit: null,
      leftOut: [],
      tracked: new Set(),
      open: new Map(),
      warned: false,
    };
    this.#known.set(key, known);
    return known;
  }
}

const keyOf = ({ provider, ref }: Sandbox) => `${provider} ${ref}`;

/** As the index has it. What leads outside is refused by whoever writes. */
function inWorkspace({ workdir }: Sandbox, path: string): string {
  return posix.normalize(path.startsWith(`${workdir}/`) ? path.slice(workdir.length + 1) : path);
}
