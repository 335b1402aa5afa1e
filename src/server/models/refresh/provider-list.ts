import * as v from 'valibot';
import type { FactsPatch } from './patch.ts';

const model = v.object({
  id: v.string(),
  /** OpenAI: ISO text or seconds; null where nothing is announced. */
  shutdown_date: v.nullish(v.union([v.string(), v.number()])),
  /** Groq. */
  context_window: v.nullish(v.number()),
  max_completion_tokens: v.nullish(v.number()),
});

/**
 * Reads a provider's own `GET /models`, for what only it knows: when a model goes. It never adds a model: the lists hold
 * snapshots, voices and painters beside what can hold a conversation, and do not tell them apart.
 */
export function readProviderList(provider: string, answer: unknown, asOf: string): FactsPatch[] {
  const { data } = v.parse(v.object({ data: v.array(v.unknown()) }), answer);
  return data.flatMap((row) => {
    const result = v.safeParse(model, row);
    if (!result.success) return [];
    const {
      id,
      shutdown_date: shutdown,
      context_window: context,
      max_completion_tokens: output,
    } = result.output;
    const retiresOn = dayOf(shutdown);
    if (!retiresOn && !context && !output) return [];
    const patch: FactsPatch = {
      provider,
      model: id,
      source: `the list of ${provider}`,
      asOf,
      ...(retiresOn ? { retiresOn } : {}),
      ...(context ? { contextWindow: context } : {}),
      ...(output ? { maxOutput: output } : {}),
    };
    return [patch];
  });
}

function dayOf(date: string | number | null | undefined): string | null {
  if (date === null || date === undefined) return null;
  const time = typeof date === 'number' ? date * 1_000 : Date.parse(date);
  return Number.isFinite(time) && Math.abs(time) < 8.64e15 ? new Date(time).toISOString().slice(0, 10) : null;
}
