import type { Config } from '#server/config.ts';
import { ConfigError } from '#server/config.ts';
import type { Provider } from '../types.ts';
import { anthropic } from './anthropic.ts';
import { customProviders } from './custom.ts';
import { demo } from './demo/index.ts';
import { groq } from './groq.ts';
import { llamacpp } from './llamacpp.ts';
import { lmstudio } from './lmstudio.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openrouter } from './openrouter.ts';
import { vllm } from './vllm.ts';

const builtIn: readonly Provider[] = [
  openai,
  anthropic,
  groq,
  openrouter,
  ollama,
  lmstudio,
  llamacpp,
  vllm,
  demo,
];

/**
 * Every provider of this installation, in the order of the picker.
 * @throws ConfigError when an id of CUSTOM_PROVIDERS is taken
 */
export function providersOf(config: Config): Provider[] {
  const providers = [...builtIn];
  for (const custom of customProviders(config)) {
    if (providers.some(({ id }) => id === custom.id))
      throw new ConfigError('CUSTOM_PROVIDERS', `the id "${custom.id}" is taken. Choose another one.`);
    providers.push(custom);
  }
  return providers.sort((left, right) => left.rank - right.rank);
}
