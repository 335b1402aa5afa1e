import * as v from 'valibot';
import type { FactsPatch } from './patch.ts';

const number = v.nullish(v.number());
const prices = v.object({ input: number, output: number, cache_read: number, cache_write: number });
const model = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  reasoning: v.nullish(v.boolean()),
  temperature: v.nullish(v.boolean()),
  tool_call: v.nullish(v.boolean()),
  modalities: v.nullish(v.object({ input: v.array(v.string()), output: v.array(v.string()) })),
  cost: v.nullish(v.object({ ...prices.entries, context_over_200k: v.nullish(prices) })),
  limit: v.nullish(v.object({ context: number, output: number })),
  status: v.nullish(v.string()),
});
const provider = v.object({ models: v.record(v.string(), v.unknown()) });

/** OpenRouter is asked itself. */
const providers = ['openai', 'anthropic', 'groq'];

/** Reads https://models.dev/api.json (MIT). A row that is not as documented is passed over. */
export function readModelsDev(answer: unknown, asOf: string): FactsPatch[] {
  const all = v.parse(v.record(v.string(), v.unknown()), answer);
  return providers.flatMap((id) => {
    const listed = v.safeParse(provider, all[id]);
    if (!listed.success) return [];
    return Object.values(listed.output.models).flatMap((row) => {
      const result = v.safeParse(model, row);
      return result.success ? patchOf(id, result.output, asOf) : [];
    });
  });
}

function patchOf(provider: string, row: v.InferOutput<typeof model>, asOf: string): FactsPatch[] {
  const { id, name, cost, limit, modalities } = row;
  const answers = !modalities || modalities.output.includes('text');
  const { input, output } = cost ?? {};
  return [
    {
      provider,
      model: id,
      source: 'models.dev',
      asOf,
      ...(name ? { label: name } : {}),
      ...(typeof input === 'number' && typeof output === 'number'
        ? { cost: costOf({ ...cost, input, output }) }
        : {}),
      ...(limit?.context ? { contextWindow: limit.context } : {}),
      // Of models that make vectors it is the length of the vector.
      ...(limit?.output && row.tool_call ? { maxOutput: limit.output } : {}),
      ...(row.tool_call && modalities
        ? {
            capabilities: {
              tools: true,
              images: modalities.input.includes('image'),
              reasoning: row.reasoning === true,
              temperature: row.temperature === true,
            },
          }
        : {}),
      ...(row.status === 'deprecated' ? { deprecated: true as const } : {}),
      // Without tools no agent: such models are not offered by themselves.
      ...(row.tool_call && answers && row.status !== 'deprecated' ? { isNew: true as const } : {}),
    },
  ];
}

type Cost = NonNullable<v.InferOutput<typeof model>['cost']>;

function costOf(cost: Partial<Cost> & { input: number; output: number }): NonNullable<FactsPatch['cost']> {
  const over = cost.context_over_200k;
  return {
    input: cost.input,
    output: cost.output,
    ...cacheOf(cost),
    ...(typeof over?.input === 'number' && typeof over.output === 'number'
      ? { tiers: [{ above: 200_000, input: over.input, output: over.output, ...cacheOf(over) }] }
      : {}),
  };
}

function cacheOf({ cache_read: read, cache_write: write }: Partial<v.InferOutput<typeof prices>>) {
  return {
    ...(typeof read === 'number' ? { cacheRead: read } : {}),
    ...(typeof write === 'number' ? { cacheWrite: write } : {}),
  };
}
