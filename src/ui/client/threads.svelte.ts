import type { ThreadSummary } from '#protocol/thread.ts';
import type { Api } from './api.ts';
import { groupThreads } from './thread-groups.ts';

/** Milliseconds between looks at threads that this page has no stream of. */
const pollEvery = 15_000;

/** The thread list. The open thread reports its own changes; the others are looked at now and then. */
export class Threads {
  all = $state.raw<ThreadSummary[]>([]);
  loaded = $state(false);
  readonly groups = $derived(groupThreads(this.all, new Date()));
  readonly needsYou = $derived(this.all.filter((thread) => thread.runStatus === 'awaiting_review').length);
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async load(): Promise<void> {
    this.all = (await this.#api.threads()).threads;
    this.loaded = true;
  }

  /** A look that fails is followed by another one: the open thread says when the server is away. */
  refresh = (): void => {
    void this.load().catch(() => undefined);
  };

  /** Returns how to stop. */
  poll(): () => void {
    const timer = setInterval(this.refresh, pollEvery);
    return () => clearInterval(timer);
  }

  async rename(id: string, title: string): Promise<void> {
    const changed = await this.#api.changeThread(id, { title });
    this.all = this.all.map((thread) => (thread.id === id ? changed : thread));
  }

  async delete(id: string): Promise<void> {
    await this.#api.deleteThread(id);
    this.all = this.all.filter((thread) => thread.id !== id);
  }
}
