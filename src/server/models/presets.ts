import type { ModelConfig } from '#protocol/model.ts';

/** The names that scripts and old conversations use. A name stays when its model is gone: it then says what to use instead. */
export const presets: Readonly<Record<string, Pick<ModelConfig, 'provider' | 'model'>>> = {
  'gpt-4o': { provider: 'openai', model: 'gpt-4o' },
  'gpt-4o-mini': { provider: 'openai', model: 'gpt-4o-mini' },
  'gpt-4-turbo': { provider: 'openai', model: 'gpt-4-turbo' },
  'o1-preview': { provider: 'openai', model: 'o1-preview' },
  'claude-3-5-sonnet': { provider: 'anthropic', model: 'claude-3-5-sonnet-20241022' },
  'claude-3-5-haiku': { provider: 'anthropic', model: 'claude-3-5-haiku-20241022' },
  'claude-3-opus': { provider: 'anthropic', model: 'claude-3-opus-20240229' },
  'llama-3.3-70b': { provider: 'groq', model: 'llama-3.3-70b-versatile' },
  'llama-3.1-8b': { provider: 'groq', model: 'llama-3.1-8b-instant' },
  'mixtral-8x7b': { provider: 'groq', model: 'mixtral-8x7b-32768' },
  'deepseek-chat': { provider: 'openrouter', model: 'deepseek/deepseek-chat' },
  'qwen-2.5-72b': { provider: 'openrouter', model: 'qwen/qwen-2.5-72b-instruct' },
  'gemini-pro': { provider: 'openrouter', model: 'google/gemini-pro-1.5' },
};

const names = new Map(Object.entries(presets).map(([name, config]) => [key(config), name]));

/** The preset name, or `provider/model` where there is none. */
export function nameOf(config: Pick<ModelConfig, 'provider' | 'model'>): string {
  return names.get(key(config)) ?? key(config);
}

/** `provider/model`: one model, whatever its settings. */
export function key({ provider, model }: Pick<ModelConfig, 'provider' | 'model'>): string {
  return `${provider}/${model}`;
}
