import type { Model } from '#protocol/model.ts';

export interface ModelGroup {
  provider: string;
  models: Model[];
}

/** Tokens per second, median of this browser's own last calls, by `provider/model`. */
export type Speeds = Readonly<Record<string, number>>;

export const idOf = ({ provider, model }: { provider: string; model: string }) => `${provider}/${model}`;

/** USD for 1M tokens in and 1M out; unknown prices sort last. */
const totalPrice = ({ cost }: Model) => (cost.input ?? Infinity) + (cost.output ?? Infinity);

const sorts: Record<string, (speeds: Speeds) => (left: Model, right: Model) => number> = {
  cheap: () => (left, right) => compare(totalPrice(left), totalPrice(right)),
  fast: (speeds) => (left, right) => compare(-(speeds[idOf(left)] ?? 0), -(speeds[idOf(right)] ?? 0)),
};

/** Infinity minus infinity is not a number. */
function compare(left: number, right: number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * Models that match every word of the query in name, provider or capability. The words `cheap` and `fast` only sort;
 * a sorted list is one group, otherwise groups keep the server's order of providers.
 */
export function searchModels(models: readonly Model[], query: string, speeds: Speeds): ModelGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = models.filter((model) => {
    const text = searchText(model);
    return words.every((word) => word in sorts || text.includes(word));
  });
  const order = words.map((word) => sorts[word]).filter((sort) => sort !== undefined);
  if (order.length > 0) {
    const sorted = order.reduce((list, sort) => list.toSorted(sort(speeds)), matching);
    return [{ provider: '', models: sorted.toSorted((left, right) => usable(right) - usable(left)) }];
  }
  return grouped(matching);
}

export const isUsable = (model: Model) => model.available && model.status !== 'retired';
const usable = (model: Model) => Number(isUsable(model));

function searchText(model: Model): string {
  const { tools, images, reasoning } = model.capabilities;
  const words = [tools && 'tools', images && 'images vision', reasoning && 'reasoning thinking'];
  const free = model.cost.input === 0 && model.cost.output === 0 && 'free';
  return [model.name, model.label, model.provider, model.model, model.status, free, ...words]
    .filter(Boolean)
    .join(' ')
    .toLowerCase();
}

function grouped(models: readonly Model[]): ModelGroup[] {
  const groups = new Map<string, Model[]>();
  for (const model of models) groups.set(model.provider, [...(groups.get(model.provider) ?? []), model]);
  const list = [...groups].map(([provider, members]) => ({ provider, models: members }));
  // Providers that can be used come first; both halves keep their order.
  return list.toSorted((left, right) => canUse(right) - canUse(left));
}

const canUse = (group: ModelGroup) => Number(group.models.some((model) => model.available));
