import type { Model, ModelConfig } from '#protocol/model.ts';
import { idOf, isUsable, searchModels, type ModelGroup } from '#ui/client/model-search.ts';
import type { Models } from '#ui/client/models.svelte.ts';

export interface PickerGroup extends ModelGroup {
  /** Rows that are shown; the others wait behind `folded`. */
  shown: Model[];
  /** Retired and deprecated models, and all models of a provider that cannot be used. */
  folded: Model[];
  /** Why none of the provider's models can be used. */
  reason: string;
}

/** What the picker shows for a query, and the row that the keyboard is on. */
export class PickerState {
  query = $state('');
  #unfolded = $state<Record<string, boolean>>({});
  #activeId = $state('');
  readonly #models: Models;
  readonly currentId: string;

  readonly groups = $derived.by(() =>
    searchModels(this.#models.all, this.query, this.#models.speeds).map((group) => this.#fold(group)),
  );
  readonly rows = $derived(this.groups.flatMap(({ shown }) => shown));
  readonly active = $derived(
    this.rows.find((model) => idOf(model) === this.#activeId) ??
      this.rows.find((model) => idOf(model) === this.currentId) ??
      this.rows.find(isUsable),
  );

  constructor(models: Models, current: ModelConfig) {
    this.#models = models;
    this.currentId = idOf(current);
  }

  #fold(group: ModelGroup): PickerGroup {
    const usable = group.models.some((model) => model.available);
    const reason = usable ? '' : (group.models[0]?.unavailableReason ?? 'not available');
    // Who looks for a model by name wants to see it, whatever its state.
    if (this.#unfolded[group.provider] || this.query.trim() !== '')
      return { ...group, shown: group.models, folded: [], reason };
    const isShown = (model: Model) => (usable && model.status === 'active') || idOf(model) === this.currentId;
    return {
      ...group,
      shown: group.models.filter(isShown),
      folded: group.models.filter((model) => !isShown(model)),
      reason,
    };
  }

  unfold(provider: string): void {
    this.#unfolded[provider] = true;
  }

  activate(model: Model): void {
    this.#activeId = idOf(model);
  }

  search(query: string): void {
    this.query = query;
    const first = this.rows.find(isUsable) ?? this.rows[0];
    this.#activeId = first && query.trim() !== '' ? idOf(first) : this.currentId;
  }

  move(step: number): void {
    const index = this.active ? this.rows.indexOf(this.active) : -1;
    const next = this.rows[Math.min(Math.max(index + step, 0), this.rows.length - 1)];
    if (next) this.activate(next);
  }
}
