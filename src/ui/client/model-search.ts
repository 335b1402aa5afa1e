import type { Model, ModelConfig } from '#protocol/model.ts';

export interface ModelGroup {
  /** Of a person's own groups; the others are named after their provider. */
  title?: 'Favourites' | 'Recent';
  provider: string;
  models: Model[];
}

/** A person's own models, as `provider/model`; they stand before the groups of the providers. */
export interface OwnModels {
  favourites: readonly string[];
  recents: readonly string[];
}

const noModels: OwnModels = { favourites: [], recents: [] };
/** More would be a second list to search. */
const shownRecents = 5;

/** Tokens per second, median of this browser's own last calls, by `provider/model`. */
export type Speeds = Readonly<Record<string, number>>;

export const idOf = ({ provider, model }: { provider: string; model: string }) => `${provider}/${model}`;

/** The model of an id, without settings of its own. */
export function configOf(id: string): ModelConfig {
  const slash = id.indexOf('/');
  return { provider: id.slice(0, slash), model: id.slice(slash + 1) };
}

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
 * a sorted list is one group, otherwise a person's own models come first and the rest keeps the server's order of
 * providers. Each model is listed once.
 */
export function searchModels(
  models: readonly Model[],
  query: string,
  speeds: Speeds,
  own: OwnModels = noModels,
): ModelGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = models.filter((model) => {
    const text = searchText(model);
    return words.every((word) => word in sorts || text.includes(word));
  });
  const order = words.map((word) => sorts[word]).filter((sort) => sort !== undefined);
  if (order.length > 0) {
    const sorted = order.reduce((list, sort) => list.toSorted(sort(speeds)), matching);
    return [{ provider: '', models: sorted.toSorted((left, right) => rank(right) - rank(left)) }];
  }
  return grouped(matching, own);
}

export const isUsable = (model: Model) => model.available && model.status !== 'retired';
/** In a sorted list: the scripted demo is free, and nobody looks for it there. */
const rank = (model: Model) => (isUsable(model) ? (model.provider === 'demo' ? 1 : 2) : 0);

function searchText(model: Model): string {
  const { tools, images, reasoning } = model.capabilities;
  const words = [tools && 'tools', images && 'images vision', reasoning && 'reasoning thinking'];
  const free = model.cost.input === 0 && model.cost.output === 0 && 'free';
  return [model.name, model.label, model.provider, model.model, model.status, free, ...words]
    .filter(Boolean)
    .join(' ')
    .toLowerCase();
}

function grouped(models: readonly Model[], own: OwnModels): ModelGroup[] {
  const byId = new Map(models.map((model) => [idOf(model), model]));
  const listed = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const favourites = listed(own.favourites);
  const recents = listed(own.recents.filter((id) => !own.favourites.includes(id))).slice(0, shownRecents);
  const mine = new Set([...favourites, ...recents]);
  const others = Map.groupBy(
    models.filter((model) => !mine.has(model)),
    ({ provider }) => provider,
  );
  const list = [...others].map(([provider, members]) => ({ provider, models: members }));
  return [
    ...(favourites.length > 0 ? [{ title: 'Favourites' as const, provider: '', models: favourites }] : []),
    ...(recents.length > 0 ? [{ title: 'Recent' as const, provider: '', models: recents }] : []),
    // Providers that can be used come first; both halves keep their order.
    ...list.toSorted((left, right) => canUse(right) - canUse(left)),
  ];
}

/** Tokens that stay free for the answer, as the server counts them. */
const answerTokens = 8_192;

/** Whether a conversation of so many tokens fits, with an answer; true when nothing is known about the window. */
export function fitsWindow({ contextWindow, maxOutput }: Model, tokens: number | null): boolean {
  if (contextWindow === null || tokens === null) return true;
  return tokens + Math.min(maxOutput ?? answerTokens, answerTokens, contextWindow / 2) <= contextWindow;
}

const canUse = (group: ModelGroup) => Number(group.models.some((model) => model.available));
