import type { NeededCompaction } from '#protocol/compaction.ts';
import type { Model, ModelConfig } from '#protocol/model.ts';
import type { Target } from '#server/gateway/types.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { nameOf, priceOf } from './handoff/receipt.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';

/** The scripted demo follows its script whatever it reads. */
const scripted = 'demo';

/** Cheap models that are offered beside those that the thread has to do with. */
const cheapOnes = 2;

/** Whether a model can write a summary at all. */
export function canWrite({ provider }: Pick<ModelConfig, 'provider'>): boolean {
  return provider !== scripted;
}

/** Who could write it, and what that costs: whom the thread names, its model, the next one, and the cheapest others. */
export function writersFor(
  setup: AgentSetup,
  thread: ThreadRow,
  to: Target,
  tokens: { read: number; write: number },
): NeededCompaction['writers'] {
  const named = [thread.compactionModel, thread.modelConfig, to].flatMap((each) => (each ? [each] : []));
  const cheap = setup.models.list().filter(isCheapWriter).toSorted(byPrice).slice(0, cheapOnes);
  const writers = new Map(
    [...named, ...cheap].filter(canWrite).map((each) => [modelName(each), setup.models.target(each)]),
  );
  return [...writers.values()].map((target) => {
    const costUsd = priceOf(target.cost, tokens.read, tokens.write);
    return { model: nameOf(target), ...(costUsd === null ? {} : { costUsd }) };
  });
}

/** Those with a price: of a free one nobody knows how long it takes. */
function isCheapWriter({ available, status, cost }: Model): boolean {
  return available && status === 'active' && (cost.input ?? 0) > 0;
}

function byPrice(one: Model, other: Model): number {
  return (one.cost.input ?? 0) - (other.cost.input ?? 0);
}
