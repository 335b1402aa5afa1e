import type { ChangeScope, RewindPlan, RewindTarget, RewindView } from '#protocol/workspace.ts';
import type { ChangesApi, RewindCommand } from './changes-api.ts';
import { asApiError, type Thread } from './thread.svelte.ts';

/** What a person took back in the files of a thread, and what can be taken back again. */
export class Rewinds {
  all = $state.raw<RewindView[]>([]);
  /** One is on its way. */
  working = $state(false);
  /** What is asked before it is done; null: nothing. */
  asking = $state.raw<{ target: RewindTarget; plan: RewindPlan } | null>(null);
  readonly #api: ChangesApi;
  readonly #thread: Thread;
  #loaded = -1;

  constructor(api: ChangesApi, thread: Thread) {
    this.#api = api;
    this.#thread = thread;
  }

  /** Once for each state of the workspace, however many lines ask. */
  async load(): Promise<void> {
    const version = this.#thread.workspaceVersion;
    if (this.#loaded === version) return;
    this.#loaded = version;
    try {
      this.all = (await this.#api.rewinds(this.#thread.id)).rewinds;
    } catch {
      // The lines stay without what else is known of them; the next look asks again.
      this.#loaded = -1;
    }
  }

  of(rewindId: string): RewindView | null {
    return this.all.find((one) => one.rewindId === rewindId) ?? null;
  }

  preview = (target: RewindTarget) => this.#api.preview(this.#thread.id, target);

  /** At once where nobody else's work is in the way; asks where it is. Why not is said at the composer. */
  async takeBack(target: RewindTarget): Promise<void> {
    await this.#work(async () => {
      const plan = await this.preview(target);
      if (plan.files.length === 0 || plan.files.some(({ conflict }) => conflict)) {
        this.asking = { target, plan };
        return;
      }
      await this.rewind({ target, what: 'files', planHash: plan.hash, onConflict: 'skip' });
    });
  }

  rewind = (command: RewindCommand) => this.#api.rewind(this.#thread.id, command);

  /** @returns the id by which it is taken back; throws what the server says */
  async revert(
    scope: ChangeScope,
    change: { path: string; hunk: number | null; hash: string },
  ): Promise<string> {
    return (await this.#api.revert(this.#thread.id, scope, change)).rewindId;
  }

  async #work(work: () => Promise<void>): Promise<void> {
    this.working = true;
    this.#thread.refusal = null;
    try {
      await work();
    } catch (cause) {
      this.#thread.refusal = asApiError(cause);
    } finally {
      this.working = false;
    }
  }
}
