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

/** The same for each model, in the order of their first use. */
export function costByModel(entries: readonly UsageEntry[]): { model: string; total: UsageTotal }[] {
  const groups = Map.groupBy(entries, ({ provider, model }) => `${provider}/${model}`);
  return [...groups].map(([model, list]) => ({ model, total: sumUsage(list) }));
}
