import { createContext } from 'svelte';
import type { ConfigAnswer } from '#protocol/answers.ts';
import { Api, type ApiError } from './api.ts';
import { FileDrafts } from './file-drafts.svelte.ts';
import { Models } from './models.svelte.ts';
import { Panes } from './panes.svelte.ts';
import { Preferences } from './preferences.svelte.ts';
import { asApiError } from './thread.svelte.ts';
import { Threads } from './threads.svelte.ts';

export type Session = 'opening' | 'in' | 'out' | 'unreachable';

/** Everything that the pages share, made once in the layout. */
export class App {
  session = $state<Session>('opening');
  /** Why the login link did not work. */
  loginError = $state<ApiError | null>(null);
  config = $state.raw<ConfigAnswer | null>(null);
  readonly api = new Api(() => (this.session = 'out'));
  readonly models = new Models(this.api);
  readonly preferences = new Preferences(this.api);
  readonly threads = new Threads(this.api);
  readonly panes = new Panes();
  readonly #drafts = new Map<string, FileDrafts>();

  /** `key`: from the login link's fragment, when the page was opened through one. */
  async open(key: string | null): Promise<void> {
    if (key !== null && !(await this.#exchange(key))) return;
    try {
      const [config] = await Promise.all([
        this.api.config(),
        this.models.load(),
        this.threads.load(),
        this.preferences.load(),
      ]);
      this.config = config;
      this.session = 'in';
    } catch (cause) {
      if (asApiError(cause).status !== 401) this.session = 'unreachable';
    }
  }

  /** A used link is no failure while the session that it opened still lasts. */
  async #exchange(key: string): Promise<boolean> {
    try {
      await this.api.exchangeKey(key);
      return true;
    } catch (cause) {
      this.loginError = asApiError(cause);
      return this.loginError.status !== 0 || this.#fail();
    }
  }

  #fail(): false {
    this.session = 'unreachable';
    return false;
  }

  /** What a person edits in the files of a thread: it stays while other threads are looked at. */
  draftsOf(threadId: string): FileDrafts {
    const drafts = this.#drafts.get(threadId) ?? new FileDrafts();
    this.#drafts.set(threadId, drafts);
    return drafts;
  }

  get hasUnsavedFiles(): boolean {
    return [...this.#drafts.values()].some(({ unsaved }) => unsaved.length > 0);
  }

  get hasRealModel(): boolean {
    return this.models.all.some((model) => model.available && model.provider !== 'demo');
  }
}

export const [useApp, provideApp] = createContext<App>();
