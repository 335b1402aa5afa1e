import type { ChangeScope, FileChange, FileVersionsAnswer } from '#protocol/workspace.ts';
import type { ChangesApi } from '#ui/client/changes-api.ts';
import type { Rewinds } from '#ui/client/rewinds.svelte.ts';
import { asApiError, type Thread } from '#ui/client/thread.svelte.ts';

/** What a person looks at: everything, the last turn, or one step, which has a name. */
export type Shown = { kind: 'all' } | { kind: 'turn' } | { kind: 'step'; toolCallId: string; label: string };

/** What is known of a file that is open: both sides, or why they are not known. */
export type Versions = FileVersionsAnswer | { failure: string };

/** The changes of one thread as they are shown, whichever tab is open meanwhile. */
export class ChangesView {
  shown = $state.raw<Shown>({ kind: 'all' });
  /** null: not looked yet. */
  files = $state.raw<FileChange[] | null>(null);
  failure = $state('');
  /** By path, of the files that are open; null: on its way. */
  versions = $state.raw<Record<string, Versions | null>>({});
  /** What was reverted last, and by which id it is taken back. */
  reverted = $state.raw<{ words: string; rewindId: string } | null>(null);
  working = $state(false);
  /** Of a turn or a step, whose changes are those that it made, whatever became of them: what was taken back since. */
  #taken = $state.raw<{ path: string; hunk: number | null; rewindId: string }[]>([]);
  readonly #api: ChangesApi;
  readonly #thread: Thread;
  readonly #rewinds: Rewinds;
  #looks = 0;

  constructor(api: ChangesApi, thread: Thread, rewinds: Rewinds) {
    this.#api = api;
    this.#thread = thread;
    this.#rewinds = rewinds;
  }

  /** @param path the file that is opened */
  show(shown: Shown, path?: string): void {
    this.shown = shown;
    this.files = null;
    this.versions = path === undefined ? {} : { [path]: null };
    this.reverted = null;
    this.#taken = [];
  }

  /** The hunk, or (null) all that is changed in the file. */
  isReverted(path: string, hunk: number | null): boolean {
    return this.#taken.some(
      (one) =>
        one.path === path &&
        (one.hunk === null || one.hunk === hunk) &&
        this.#rewinds.of(one.rewindId)?.undone !== true,
    );
  }

  /** The list, and both sides of what is open in it; a file that has no changes any more is closed. */
  async look(): Promise<void> {
    const look = (this.#looks += 1);
    const scope = this.#scope();
    try {
      const files = scope ? (await this.#api.list(this.#thread.id, scope)).files : [];
      if (look !== this.#looks) return;
      const still = Object.entries(this.versions).filter(([open]) => files.some(({ path }) => path === open));
      this.files = files;
      this.failure = '';
      this.versions = Object.fromEntries(still);
      await Promise.all(still.map(([path]) => this.#compare(path)));
    } catch (cause) {
      if (look === this.#looks) this.failure = asApiError(cause).message;
    }
  }

  async toggle(path: string): Promise<void> {
    if (path in this.versions) {
      this.versions = Object.fromEntries(Object.entries(this.versions).filter(([open]) => open !== path));
      return;
    }
    this.versions = { ...this.versions, [path]: null };
    await this.#compare(path);
  }

  /** One hunk, or (null) all that is changed in the file. */
  async revert(path: string, hunk: number | null, words: string): Promise<void> {
    const scope = this.#scope();
    if (!scope || this.working) return;
    this.working = true;
    this.failure = '';
    this.reverted = null;
    try {
      const { hash } = await this.#known(scope, path);
      const rewindId = await this.#rewinds.revert(scope, { path, hunk, hash });
      this.reverted = { words, rewindId };
      if (scope.kind !== 'all') this.#taken = [...this.#taken, { path, hunk, rewindId }];
    } catch (cause) {
      this.failure = asApiError(cause).message;
    } finally {
      this.working = false;
    }
    // What was refused was refused because the files are others than is shown.
    const { failure } = this;
    await this.look();
    if (failure) this.failure = failure;
  }

  async undo(): Promise<void> {
    const { reverted } = this;
    if (!reverted) return;
    this.reverted = null;
    await this.#rewinds.takeBack({ kind: 'redo', rewindId: reverted.rewindId });
    this.#taken = this.#taken.filter(({ rewindId }) => rewindId !== reverted.rewindId);
    await this.look();
  }

  /** What the person has seen, or, of a file that is not open, what is there now. */
  async #known(scope: ChangeScope, path: string): Promise<FileVersionsAnswer> {
    const seen = this.versions[path];
    return seen && !('failure' in seen) ? seen : this.#api.versions(this.#thread.id, scope, path);
  }

  async #compare(path: string): Promise<void> {
    const scope = this.#scope();
    if (!scope) return;
    let found: Versions;
    try {
      found = await this.#api.versions(this.#thread.id, scope, path);
    } catch (cause) {
      found = { failure: asApiError(cause).message };
    }
    if (path in this.versions) this.versions = { ...this.versions, [path]: found };
  }

  /** null: there was no turn yet. */
  #scope(): ChangeScope | null {
    const { shown } = this;
    if (shown.kind === 'all') return shown;
    if (shown.kind === 'step') return { kind: 'step', toolCallId: shown.toolCallId };
    const runId = this.#thread.timeline?.lastRunId ?? null;
    return runId === null ? null : { kind: 'turn', runId };
  }
}
