import type { ProviderState } from '#protocol/answers.ts';
import type { NamedModel } from '#protocol/gateway-config.ts';
import type { Model } from '#protocol/model.ts';
import { idOf } from '#ui/client/model-search.ts';

export interface OfferedModel {
  value: string;
  /** What stands beside it in the list. */
  label: string;
}

/** What a key can be limited to: names of one's own, whole providers, presets, and every model that can be used. */
export function offeredModels(
  own: Readonly<Record<string, NamedModel>>,
  providers: readonly Pick<ProviderState, 'id' | 'label' | 'configured'>[],
  models: readonly Pick<Model, 'name' | 'provider' | 'model' | 'label' | 'available'>[],
): OfferedModel[] {
  const usable = models.filter(({ available }) => available);
  const named = Object.entries(own).map(([name, { endpoints }]) => ({
    value: name,
    label: `your name for ${endpoints.map(idOf).join(', ')}`,
  }));
  const whole = providers
    .filter(({ configured }) => configured)
    .map(({ id, label }) => ({ value: `${id}/*`, label: `all of ${label}` }));
  const presets = usable
    .filter(({ name }) => !name.includes('/') && !Object.hasOwn(own, name))
    .map((model) => ({ value: model.name, label: `preset for ${idOf(model)}` }));
  const each = usable.map((model) => ({ value: idOf(model), label: model.label }));
  return [...named, ...whole, ...presets, ...each];
}
