import { isServedAsAsked } from '#protocol/served-model.ts';
import type { UsageEntry } from '#protocol/usage.ts';

export interface UsageTotal {
  requests: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  reasoningTokens: number;
  latencyMs: number;
  /** null as soon as one price is unknown: a sum without it would read as the whole. */
  costUsd: number | null;
  /** True when some figure was counted by us. */
  estimated: boolean;
}

export function sumUsage(entries: readonly UsageEntry[]): UsageTotal {
  const total = (read: (entry: UsageEntry) => number) => entries.reduce((sum, entry) => sum + read(entry), 0);
  return {
    requests: entries.length,
    inputTokens: total((entry) => entry.inputTokens),
    outputTokens: total((entry) => entry.outputTokens),
    cacheReadTokens: total((entry) => entry.cacheReadTokens),
    reasoningTokens: total((entry) => entry.reasoningTokens),
    latencyMs: total((entry) => entry.latencyMs),
    costUsd: entries.some(({ costUsd }) => costUsd === null) ? null : total(({ costUsd }) => costUsd ?? 0),
    estimated: entries.some(({ estimated }) => estimated),
  };
}

/** What other models than those that were asked gave these answers; each pair once. */
export function mismatchesIn(entries: readonly UsageEntry[]): { asked: string; served: string }[] {
  const others = entries.filter(({ model, servedModel }) => !isServedAsAsked(model, servedModel));
  const pairs = others.map(({ provider, model, servedModel = '' }) => ({
    asked: `${provider}/${model}`,
    served: servedModel,
  }));
  return [...new Map(pairs.map((pair) => [`${pair.asked} ${pair.served}`, pair])).values()];
}

/** The same for each model, in the order of their first use, with what else served it. */
export function costByModel(
  entries: readonly UsageEntry[],
): { model: string; total: UsageTotal; served: string[] }[] {
  const groups = Map.groupBy(entries, ({ provider, model }) => `${provider}/${model}`);
  return [...groups].map(([model, list]) => ({
    model,
    total: sumUsage(list),
    served: mismatchesIn(list).map(({ served }) => served),
  }));
}
