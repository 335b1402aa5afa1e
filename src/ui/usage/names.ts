import { createContext } from 'svelte';
import type { KeyView } from '#protocol/keys.ts';
import type { UsageGrouping } from '#protocol/usage-reports.ts';
import type { App } from '#ui/client/app.svelte.ts';

/** What ids are called. */
export class NameBook {
  readonly #app: App;
  readonly #keys: () => readonly KeyView[];

  constructor(app: App, keys: () => readonly KeyView[]) {
    this.#app = app;
    this.#keys = keys;
  }

  model = (id: string) => this.#app.models.label(id);
  provider = (id: string) => this.#app.config?.providers.find((one) => one.id === id)?.label ?? id;
  key = (id: string) => {
    const key = this.#keys().find((one) => one.id === id);
    return key ? `${key.name} (…${key.last4})` : id;
  };
  thread = (id: string) => {
    const thread = this.#app.threads.all.find((one) => one.id === id);
    return thread ? thread.title || 'New thread' : 'Deleted thread';
  };

  /** Of a group or a filter; what has none is under the empty text, or `none`. */
  of(kind: UsageGrouping, id: string): string {
    if (id === '' || (kind === 'key' && id === 'none')) return nobody[kind] ?? 'Without';
    if (kind === 'model') return this.model(id);
    if (kind === 'provider') return this.provider(id);
    if (kind === 'key') return this.key(id);
    return kind === 'thread' ? this.thread(id) : id;
  }
}

const nobody: Partial<Record<UsageGrouping, string>> = {
  key: 'Without a key: the agent, or the API token',
  thread: 'Outside of threads',
  user: 'No user named',
  session: 'No session named',
};

export const [useNames, provideNames] = createContext<NameBook>();
