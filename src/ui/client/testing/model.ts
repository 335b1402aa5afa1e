import type { Model } from '#protocol/model.ts';

/** A listed model that can be used, with what a test wants to be different. */
export function model(provider: string, name: string, more: Partial<Model> = {}): Model {
  return {
    name: `${provider}/${name}`,
    provider,
    model: name,
    label: name.toUpperCase(),
    cost: { input: 1, output: 2 },
    contextWindow: 100_000,
    maxOutput: 8_000,
    capabilities: { tools: true, images: false, reasoning: false, temperature: true },
    status: 'active',
    available: true,
    wire: 'openai-chat',
    source: 'test',
    asOf: '2026-01-01',
    ...more,
  };
}
