import type { Model } from '#protocol/model.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { Api } from './api.ts';
import { idOf, type Speeds } from './model-search.ts';

const storageKey = 'model-speeds';
/** Calls that a median is taken of. */
const window = 20;
/** A shorter answer says more about the network than about the model. */
const leastTokens = 40;

/** The models that the server lists, and how fast they were in this browser. */
export class Models {
  all = $state.raw<Model[]>([]);
  loaded = $state(false);
  #samples = $state.raw<Record<string, number[]>>(readSamples());

  readonly byId = $derived(new Map(this.all.map((model) => [idOf(model), model])));
  readonly speeds = $derived<Speeds>(
    Object.fromEntries(Object.entries(this.#samples).map(([id, list]) => [id, median(list)])),
  );
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async load(): Promise<void> {
    this.all = (await this.#api.models()).models;
    this.loaded = true;
  }

  /** A human name; the id itself for a model that is not listed. */
  label(id: string): string {
    return this.byId.get(id)?.label ?? id.slice(id.indexOf('/') + 1);
  }

  record(usage: UsageEntry): void {
    const writing = usage.latencyMs - (usage.ttftMs ?? 0);
    if (usage.outputTokens < leastTokens || writing <= 0 || usage.cache === 'HIT') return;
    const id = `${usage.provider}/${usage.model}`;
    const list = [...(this.#samples[id] ?? []), (usage.outputTokens / writing) * 1_000].slice(-window);
    this.#samples = { ...this.#samples, [id]: list };
    localStorage.setItem(storageKey, JSON.stringify(this.#samples));
  }
}

function readSamples(): Record<string, number[]> {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, number[]>;
  } catch {
    // Written by nobody else than us; a broken value is worth nothing.
    return {};
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
