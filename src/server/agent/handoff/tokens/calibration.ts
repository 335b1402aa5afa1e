import type { SettingsStore } from '#server/store/store.ts';

const key = 'tokens.calibration';
/** A report outside of this is of something else than the request: of the uncached part alone, of a whole session. */
const plausible = { least: 0.4, most: 3 };
/** Of a small request the fixed part decides. */
const fewestTokens = 300;
/** What one more report weighs. */
const weight = 0.3;
/** A change that is worth a write. */
const step = 0.02;
/** Models whose ratio is kept; the one not used for longest goes. */
const maxModels = 500;

/**
 * How many tokens a model's provider reports for one token that we count. Learned from each answer, by model, because no
 * two tokenizers agree and only OpenAI's is public; kept in the settings, so that a restart does not forget.
 */
export class Calibration {
  readonly #settings: SettingsStore;
  readonly #ratios = new Map<string, number>();
  readonly #saved = new Map<string, number>();
  #loading: Promise<void> | null = null;

  constructor(settings: SettingsStore) {
    this.#settings = settings;
  }

  /** Reads what was learned before; once. */
  load(): Promise<void> {
    this.#loading ??= this.#read();
    return this.#loading;
  }

  /** 1 for a model that nothing is known of. */
  ratio(model: string, tokenizer: string): number {
    return this.#ratios.get(`${model} ${tokenizer}`) ?? 1;
  }

  async learn(model: string, tokenizer: string, counted: number, reported: number): Promise<void> {
    const ratio = reported / counted;
    if (counted < fewestTokens || !(ratio >= plausible.least && ratio <= plausible.most)) return;
    const name = `${model} ${tokenizer}`;
    const known = this.#ratios.get(name);
    const learned = known === undefined ? ratio : known + (ratio - known) * weight;
    this.#ratios.delete(name);
    this.#ratios.set(name, learned);
    if (this.#ratios.size > maxModels) this.#ratios.delete(this.#ratios.keys().next().value as string);
    if (Math.abs((this.#saved.get(name) ?? 0) - learned) < step) return;
    this.#saved.set(name, learned);
    await this.#settings.set(key, JSON.stringify(Object.fromEntries(this.#ratios)));
  }

  async #read(): Promise<void> {
    const text = await this.#settings.get(key);
    if (text === null) return;
    for (const [name, ratio] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
      if (typeof ratio !== 'number' || !(ratio >= plausible.least && ratio <= plausible.most)) continue;
      this.#ratios.set(name, ratio);
      this.#saved.set(name, ratio);
    }
  }
}
