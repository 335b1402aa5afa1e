import type { ModelConfig } from '#protocol/model.ts';

/** One thinking model of each provider: reasoning that only its issuer may get back is what a switch trips over. */
export const targets: Record<'openai' | 'anthropic' | 'groq' | 'openrouter', ModelConfig> = {
  openai: { provider: 'openai', model: 'gpt-5.4', reasoningEffort: 'medium' },
  anthropic: { provider: 'anthropic', model: 'claude-sonnet-4-6', reasoningEffort: 'medium' },
  groq: { provider: 'groq', model: 'openai/gpt-oss-120b', reasoningEffort: 'medium' },
  openrouter: { provider: 'openrouter', model: 'z-ai/glm-5.2', reasoningEffort: 'medium' },
};

export type TargetName = keyof typeof targets;
export const targetNames = Object.keys(targets) as TargetName[];

/** Models without reasoning, or on another wire of the same provider. */
export const plainTargets: ModelConfig[] = [
  { provider: 'openai', model: 'gpt-4.1', temperature: 0.2 },
  { provider: 'anthropic', model: 'claude-haiku-4-5', reasoningEffort: 'off' },
  { provider: 'openrouter', model: 'qwen/qwen3-coder' },
];
