import type { Model, ModelConfig } from '#protocol/model.ts';
import { idOf, isUsable, searchModels, type ModelGroup } from '#ui/client/model-search.ts';
import type { Models } from '#ui/client/models.svelte.ts';
import type { Preferences } from '#ui/client/preferences.svelte.ts';

/** A line of the list: a model, or the one that unfolds the rest of its provider's models. */
export type PickerRow =
  { kind: 'model'; id: string; model: Model } | { kind: 'fold'; id: string; provider: string; count: number };

export interface PickerGroup {
  /** Of a person's own groups; otherwise the provider names it, and nothing does in a sorted list. */
  title: string;
  provider: string;
  rows: PickerRow[];
  /** Why none of the provider's models can be used. */
  reason: string;
}

/** What the picker shows for a query, and the row that the keyboard is on. */
export class PickerState {
  query = $state('');
  /** The arrow keys were used since the last letter: letters mean the row, not the search. */
  walking = $state(false);
  #unfolded = $state<Record<string, boolean>>({});
  #activeId = $state('');
  readonly #models: Models;
  readonly #preferences: Preferences;
  readonly currentId: string;

  readonly groups = $derived.by(() =>
    searchModels(this.#models.all, this.query, this.#models.speeds, this.#preferences).map((group) =>
      this.#fold(group),
    ),
  );
  readonly rows = $derived(this.groups.flatMap(({ rows }) => rows));
  readonly active = $derived(
    this.rows.find(({ id }) => id === this.#activeId) ??
      this.rows.find(({ id }) => id === this.currentId) ??
      this.#firstUsable(),
  );
  readonly activeModel = $derived(this.active?.kind === 'model' ? this.active.model : null);

  constructor(models: Models, preferences: Preferences, current: ModelConfig) {
    this.#models = models;
    this.#preferences = preferences;
    this.currentId = idOf(current);
  }

  /** Folded: retired and deprecated models, and all models of a provider that cannot be used. */
  #fold({ title, provider, models }: ModelGroup): PickerGroup {
    const usable = title !== undefined || models.some((model) => model.available);
    const reason = usable ? '' : (models[0]?.unavailableReason ?? 'not available');
    // Who looks for a model by name, or has marked it, wants to see it, whatever its state.
    const all = title !== undefined || this.#unfolded[provider] || this.query.trim() !== '';
    const shown = models.filter(
      (model) => all || (usable && model.status === 'active') || idOf(model) === this.currentId,
    );
    const rows: PickerRow[] = shown.map((model) => ({ kind: 'model', id: idOf(model), model }));
    const count = models.length - shown.length;
    if (count > 0) rows.push({ kind: 'fold', id: `${provider}/*`, provider, count });
    return { title: title ?? '', provider, rows, reason };
  }

  #firstUsable(): PickerRow | undefined {
    return this.rows.find((row) => row.kind === 'model' && isUsable(row.model)) ?? this.rows[0];
  }

  unfold({ id, provider }: { id: string; provider: string }): void {
    const index = this.rows.findIndex((row) => row.id === id);
    this.#unfolded[provider] = true;
    // The first of the unfolded models stands where the line was, or near it.
    const next = this.rows[index];
    if (next) this.activate(next);
  }

  activate(row: PickerRow): void {
    this.#activeId = row.id;
  }

  search(query: string): void {
    this.query = query;
    this.walking = false;
    this.#activeId = query.trim() === '' ? this.currentId : (this.#firstUsable()?.id ?? '');
  }

  move(step: number): void {
    this.walking = true;
    const index = this.active ? this.rows.indexOf(this.active) : -1;
    const next = this.rows[Math.min(Math.max(index + step, 0), this.rows.length - 1)];
    if (next) this.activate(next);
  }
}
