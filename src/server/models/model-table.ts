import type { ModelConfig } from '#protocol/model.ts';
import { catalogue } from './catalogue/index.ts';
import type { ModelFacts } from './catalogue/facts.ts';
import { key } from './presets.ts';
import { applyPatches, type FactsPatch } from './refresh/patch.ts';
import type { Provider } from './types.ts';

/** What is known of models, from three sources: the catalogue, newer facts that were fetched, and what was found here. */
export class ModelTable {
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #configured: ModelFacts[];
  readonly #found = new Map<string, ModelFacts[]>();
  #patches: readonly FactsPatch[] = [];
  #facts: ReadonlyMap<string, ModelFacts>;

  /** @param configured models that the configuration names */
  constructor(providers: ReadonlyMap<string, Provider>, configured: ModelFacts[]) {
    this.#providers = providers;
    this.#configured = configured;
    this.#facts = this.#build();
  }

  /** In the order of the picker. */
  all(): ModelFacts[] {
    return [...this.#facts.values()];
  }

  get(config: Pick<ModelConfig, 'provider' | 'model'>): ModelFacts | undefined {
    return this.#facts.get(key(config));
  }

  /** Also of a model that nobody knows: its price is unknown then, and what it can do a guess. */
  describe({ provider, model }: Pick<ModelConfig, 'provider' | 'model'>): ModelFacts {
    const known = this.get({ provider, model });
    if (known) return known;
    const guess = this.#providers.get(provider)?.guess(model) ?? {
      wire: 'openai-chat',
      capabilities: { tools: true, images: false, reasoning: false, temperature: true },
    };
    return {
      provider,
      model,
      label: model,
      cost: { input: null, output: null },
      contextWindow: null,
      maxOutput: null,
      ...guess,
      source: 'not in the catalogue',
      asOf: new Date().toISOString().slice(0, 10),
    };
  }

  setFetched(patches: readonly FactsPatch[]): void {
    this.#patches = patches;
    this.#facts = this.#build();
  }

  /** null: its server is gone. */
  setFound(provider: string, facts: ModelFacts[] | null): void {
    if (facts) this.#found.set(provider, facts);
    else this.#found.delete(provider);
    this.#facts = this.#build();
  }

  isFound(provider: string): boolean {
    return this.#found.has(provider);
  }

  #build(): ReadonlyMap<string, ModelFacts> {
    const shipped = [...catalogue, ...this.#configured];
    const current = applyPatches(shipped, this.#patches, this.#providers);
    const facts = new Map([...current, ...[...this.#found.values()].flat()].map((row) => [key(row), row]));
    const rank = ({ provider }: ModelFacts) => this.#providers.get(provider)?.rank ?? 0;
    // Sorting is stable: within a provider the order of the sources stays.
    return new Map([...facts].sort(([, left], [, right]) => rank(left) - rank(right)));
  }
}
