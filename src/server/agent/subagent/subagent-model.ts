import { CrosspointError } from '#protocol/errors.ts';
import type { Model, ModelConfig } from '#protocol/model.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { ThreadRow } from '#server/store/store.ts';

/** Tokens of a window in which a few files and searches have room. */
const smallestWindow = 32_000;
/** Of a search, tokens that are read for each that is written. */
const readPerWritten = 10;

/**
 * Whom a subagent asks, in this order; the second is asked when the first one fails. First whom the thread names, else the
 * cheapest model of the provider that the person chose: no other provider is shown the code unasked.
 */
export function subagentModels(
  models: ModelManager,
  thread: Pick<ThreadRow, 'modelConfig' | 'subagentModel'>,
): ModelConfig[] {
  const own = thread.modelConfig;
  const named = thread.subagentModel;
  const first = named && isUsable(models, named) ? named : cheapest(models, own);
  return first && !isSame(first, own) ? [first, own] : [own];
}

/** null where nothing is known to be cheaper than the thread's own. */
function cheapest(models: ModelManager, own: ModelConfig): ModelConfig | null {
  const most = price(models.target(own));
  const cheaper = models
    .list()
    .filter((model) => model.provider === own.provider && canExplore(model) && price(model) < most)
    .toSorted((one, other) => price(one) - price(other));
  const found = cheaper.find((model) => isUsable(models, model));
  return found ? { provider: found.provider, model: found.model } : null;
}

function canExplore({ status, available, capabilities, contextWindow, cost }: Model): boolean {
  // Of a free one among paid ones nobody knows how long it takes.
  const isPriced = (cost.input ?? 0) > 0 && cost.output !== null;
  return (
    available &&
    status === 'active' &&
    capabilities.tools &&
    isPriced &&
    (contextWindow ?? 0) >= smallestWindow
  );
}

/** Of an unknown price nobody can say that another is lower. */
function price({ cost: { input, output } }: Pick<Model, 'cost'>): number {
  return input === null || output === null ? 0 : input * readPerWritten + output;
}

function isUsable(models: ModelManager, config: ModelConfig): boolean {
  try {
    models.assertUsable(config);
    return models.target(config).capabilities.tools;
  } catch (cause) {
    if (cause instanceof CrosspointError) return false;
    throw cause;
  }
}

function isSame(one: ModelConfig, other: ModelConfig): boolean {
  return one.provider === other.provider && one.model === other.model;
}
