import type { Model } from '#protocol/model.ts';
import { fitsWindow, idOf, isUsable, type OwnModels } from './model-search.ts';

export interface Failed {
  /** `provider/model` that failed. */
  current: string;
  /** What the thread, or the person, used before. */
  previous: string | null;
  contextTokens: number | null;
  /** It failed because the conversation does not fit into it. */
  tooLong: boolean;
}

/**
 * The models to go on with after a failure, best first, at most two. Too long: the cheapest that has room. Otherwise: the
 * best of another provider, as a person's own order has it or else the list's, and what was used before.
 */
export function switchOffers(models: readonly Model[], own: OwnModels, failed: Failed): string[] {
  const able = models.filter((model) => canTakeOver(model, failed));
  if (failed.tooLong) {
    const [cheapest] = able.toSorted((left, right) => inputPrice(left) - inputPrice(right));
    return cheapest ? [idOf(cheapest)] : [];
  }
  const [provider] = failed.current.split('/');
  const elsewhere = able.filter((model) => model.provider !== provider).map(idOf);
  const mine = [...own.favourites, ...own.recents].find((id) => elsewhere.includes(id));
  const previous = able.map(idOf).find((id) => id === failed.previous);
  const best = mine ?? elsewhere[0];
  return [...new Set([best, previous])].filter((id) => id !== undefined);
}

/** The demo is a script: it takes over from itself only. */
function canTakeOver(model: Model, { current, contextTokens }: Failed): boolean {
  const isDemo = model.provider === 'demo';
  return (
    idOf(model) !== current &&
    isUsable(model) &&
    model.status === 'active' &&
    model.capabilities.tools &&
    isDemo === current.startsWith('demo/') &&
    fitsWindow(model, contextTokens)
  );
}

/** Where no price is known, a model comes last: one cannot promise that it is cheap. */
const inputPrice = ({ cost }: Model) => cost.input ?? Number.MAX_VALUE;
