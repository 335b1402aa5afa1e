import * as v from 'valibot';
import type { ModelCost } from '#protocol/model.ts';
import type { ModelFacts } from '../catalogue/facts.ts';
import { key } from '../presets.ts';
import type { Provider } from '../types.ts';

const price = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(10_000));
const tokens = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000_000));
const day = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.regex(/^[^\p{Cc}]+$/u));

/** Newer facts about one model, from a source that is not ours: only what is given replaces anything. */
export const factsPatch = v.object({
  provider: name,
  model: name,
  label: v.optional(name),
  cost: v.optional(
    v.object({
      input: v.nullable(price),
      output: v.nullable(price),
      cacheRead: v.optional(price),
      cacheWrite: v.optional(price),
      tiers: v.optional(
        v.array(
          v.object({
            above: tokens,
            input: price,
            output: price,
            cacheRead: v.optional(price),
            cacheWrite: v.optional(price),
          }),
        ),
      ),
    }),
  ),
  contextWindow: v.optional(tokens),
  maxOutput: v.optional(tokens),
  capabilities: v.optional(
    v.object({ tools: v.boolean(), images: v.boolean(), reasoning: v.boolean(), temperature: v.boolean() }),
  ),
  retiresOn: v.optional(day),
  deprecated: v.optional(v.literal(true)),
  /** Adds the model when it is not known yet. */
  isNew: v.optional(v.literal(true)),
  source: name,
  asOf: day,
});
export type FactsPatch = v.InferOutput<typeof factsPatch>;

/** Facts with everything newer in them; models that are new come after the known ones. Facts that are younger stay. */
export function applyPatches(
  known: readonly ModelFacts[],
  patches: readonly FactsPatch[],
  providers: ReadonlyMap<string, Provider>,
): ModelFacts[] {
  const facts = new Map(known.map((row) => [key(row), row]));
  for (const patch of patches) {
    const row = facts.get(key(patch)) ?? unknownRow(patch, providers);
    if (row && patch.asOf >= row.asOf) facts.set(key(patch), patched(row, patch));
  }
  return [...facts.values()];
}

function unknownRow(patch: FactsPatch, providers: ReadonlyMap<string, Provider>): ModelFacts | undefined {
  const provider = providers.get(patch.provider);
  if (!provider || !patch.isNew) return undefined;
  const { model, source, asOf } = patch;
  const guess = provider.guess(model);
  return {
    provider: provider.id,
    model,
    label: model,
    cost: { input: null, output: null },
    contextWindow: null,
    maxOutput: null,
    ...guess,
    source,
    asOf,
  };
}

function patched(row: ModelFacts, patch: FactsPatch): ModelFacts {
  const { isNew: _isNew, cost, label, ...given } = patch;
  const { approximate, ...rest } = row;
  const merged: ModelFacts = {
    ...rest,
    ...defined(given),
    // Our names are the shorter ones.
    ...(patch.isNew && label && row.label === row.model ? { label } : {}),
    ...(cost ? { cost: mergedCost(row.cost, cost) } : {}),
    ...(approximate && !cost ? { approximate } : {}),
  };
  // Dates and windows alone say nothing about where the prices come from.
  return cost ? merged : { ...merged, source: row.source, asOf: row.asOf };
}

function mergedCost(known: ModelCost, given: NonNullable<FactsPatch['cost']>): ModelCost {
  const samePrice = known.input === given.input && known.output === given.output;
  // A list that gives one limit for all models knows less than we do, as long as the prices are the same.
  const tiers = samePrice && known.tiers ? known.tiers : given.tiers;
  const { tiers: _tiers, ...prices } = defined(given);
  return {
    ...(samePrice ? known : {}),
    ...(prices as ModelCost),
    ...(tiers ? { tiers: tiers.map((tier) => defined(tier)) as NonNullable<ModelCost['tiers']> } : {}),
  };
}

/** Without the keys that are undefined: they would cover what is known. */
function defined<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]: Exclude<Value[Key], undefined> };
}
