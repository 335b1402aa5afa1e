import * as v from 'valibot';
import type { FactsPatch } from './patch.ts';

/** USD per token, as text; negative where the price depends on what is chosen. */
const perToken = v.nullish(v.union([v.string(), v.number()]));
const model = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  context_length: v.nullish(v.number()),
  architecture: v.object({ input_modalities: v.array(v.string()), output_modalities: v.array(v.string()) }),
  pricing: v.object({
    prompt: perToken,
    completion: perToken,
    input_cache_read: perToken,
    input_cache_write: perToken,
  }),
  top_provider: v.nullish(v.object({ max_completion_tokens: v.nullish(v.number()) })),
  supported_parameters: v.nullish(v.array(v.string())),
  expiration_date: v.nullish(v.string()),
});

/** Reads `GET /models` of OpenRouter (openrouter.ai/docs/api-reference/list-available-models). */
export function readOpenRouterList(answer: unknown, asOf: string): FactsPatch[] {
  const { data } = v.parse(v.object({ data: v.array(v.unknown()) }), answer);
  return data.flatMap((row) => {
    const result = v.safeParse(model, row);
    if (!result.success || !result.output.architecture.output_modalities.includes('text')) return [];
    return [patchOf(result.output, asOf)];
  });
}

function patchOf(row: v.InferOutput<typeof model>, asOf: string): FactsPatch {
  const { id, name, pricing, architecture, expiration_date: expires } = row;
  const parameters = row.supported_parameters ?? [];
  const cacheRead = perMillion(pricing.input_cache_read);
  const cacheWrite = perMillion(pricing.input_cache_write);
  const maxOutput = row.top_provider?.max_completion_tokens;
  return {
    provider: 'openrouter',
    model: id,
    isNew: true,
    source: 'OpenRouter',
    asOf,
    // "DeepSeek: DeepSeek V4 Pro" says the maker twice.
    ...(name ? { label: name.replace(/^([^:]+): (?=\1)/, '') } : {}),
    cost: {
      input: perMillion(pricing.prompt),
      output: perMillion(pricing.completion),
      ...(cacheRead === null ? {} : { cacheRead }),
      ...(cacheWrite === null ? {} : { cacheWrite }),
    },
    ...(row.context_length ? { contextWindow: row.context_length } : {}),
    ...(maxOutput ? { maxOutput } : {}),
    capabilities: {
      tools: parameters.includes('tools'),
      images: architecture.input_modalities.includes('image'),
      reasoning: parameters.includes('reasoning'),
      temperature: parameters.includes('temperature'),
    },
    ...(expires && /^\d{4}-\d\d-\d\d/.test(expires) ? { retiresOn: expires.slice(0, 10) } : {}),
  };
}

function perMillion(price: string | number | null | undefined): number | null {
  const value = typeof price === 'string' && price.trim() !== '' ? Number(price) : price;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return null;
  // Without the tail that binary fractions leave.
  return Number((value * 1_000_000).toFixed(6));
}
