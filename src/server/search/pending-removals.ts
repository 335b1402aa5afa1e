import * as v from 'valibot';
import type { SettingsStore } from '#server/store/store.ts';

const key = 'search.pending_removals';
const ids = v.pipe(v.string(), v.parseJson(), v.array(v.string()));

/** Workspaces that are gone, and that a store still holds because it did not answer: kept over restarts. */
export class PendingRemovals {
  readonly #settings: Pick<SettingsStore, 'get' | 'set'>;
  /** One changes the list at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: Pick<SettingsStore, 'get' | 'set'>) {
    this.#settings = settings;
  }

  list(): Promise<string[]> {
    return this.#alone(() => this.#read());
  }

  add(workspaceId: string): Promise<void> {
    return this.#change((known) => [...known.filter((id) => id !== workspaceId), workspaceId]);
  }

  done(workspaceId: string): Promise<void> {
    return this.#change((known) => known.filter((id) => id !== workspaceId));
  }

  #change(next: (known: string[]) => string[]): Promise<void> {
    return this.#alone(async () => this.#settings.set(key, JSON.stringify(next(await this.#read()))));
  }

  async #read(): Promise<string[]> {
    const text = await this.#settings.get(key);
    return text === null ? [] : v.parse(ids, text);
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
