import type { Config } from '#server/config.ts';
import type { ModelFacts } from './catalogue/facts.ts';
import type { Provider } from './types.ts';

/** Asked again after so long, when somebody looks: local servers come and go, a remote list seldom changes. */
const freshMs = { local: 5_000, other: 600_000 };

type Found = (provider: Provider, models: ModelFacts[] | null) => void;

/** Looks for model servers in the background. Nobody waits for it but those who ask to. */
export class Discovery {
  readonly #config: Config;
  readonly #providers: readonly Provider[];
  readonly #now: () => number;
  readonly #found: Found;
  readonly #closed = new AbortController();
  readonly #lookedAt = new Map<string, number>();
  #running: Promise<void> | null = null;

  /**
   * @param now epoch milliseconds
   * @param found told for each provider what it offers, or null when nobody answers
   */
  constructor(config: Config, providers: readonly Provider[], now: () => number, found: Found) {
    this.#config = config;
    this.#providers = providers.filter(({ discover }) => discover);
    this.#now = now;
    this.#found = found;
  }

  /** Looks at what was not looked at just now. A look that is under way is joined. Never throws. */
  look(): Promise<void> {
    this.#running ??= this.#lookAtStale().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  close(): void {
    this.#closed.abort();
  }

  async #lookAtStale(): Promise<void> {
    const now = this.#now();
    const stale = this.#providers.filter(({ id, kind }) => {
      const age = now - (this.#lookedAt.get(id) ?? Number.NEGATIVE_INFINITY);
      return age < 0 || age >= (kind === 'local' ? freshMs.local : freshMs.other);
    });
    await Promise.all(stale.map((provider) => this.#lookAt(provider)));
  }

  async #lookAt(provider: Provider): Promise<void> {
    const { signal } = this.#closed;
    // That nobody answers is the usual case, and all that this needs to know of a failure.
    const models = await provider.discover?.(this.#config, signal).catch(() => null);
    if (signal.aborted) return;
    this.#lookedAt.set(provider.id, this.#now());
    this.#found(provider, models ?? null);
  }
}
