import type { ModelConfig } from '#protocol/model.ts';

/** One receiver of a switch, with what is peculiar to it. */
export interface MatrixTarget {
  name: string;
  config: ModelConfig;
  /** Its answers come with a block of redacted thinking. */
  redacts?: true;
  /** How a request shows that the model got its own reasoning back, once for each answer; absent: none goes back. */
  ownReasoning?: RegExp;
  /** Its seals stand on words and calls, not on reasoning. */
  sealsWords?: true;
  sees: boolean;
  tools: boolean;
  /** Another model with the same rules; the matrix gives it a window in which hardly anything fits. */
  small: string;
  /** Its price is known, so that a budget can be spent on it. */
  priced: boolean;
}

/** Tokens of the window of each small one, as the emulators count. */
export const smallWindow = 16_000;

/** The same receiver with the small window. */
export function smallOf(target: MatrixTarget): MatrixTarget {
  return { ...target, config: { ...target.config, model: target.small } };
}

const effort = { reasoningEffort: 'medium' } as const;
const able = { sees: true, tools: true, priced: true };
const blind = { sees: false, tools: true, priced: false };

/** Every set of rules that a provider or a family of models has; the last ones are a person's own compatible servers. */
export const matrixTargets: MatrixTarget[] = [
  { name: 'OpenAI chat', config: { provider: 'openai', model: 'gpt-4.1' }, small: 'gpt-4.1-mini', ...able },
  {
    name: 'OpenAI responses',
    config: { provider: 'openai', model: 'gpt-5.4', ...effort },
    small: 'gpt-5.4-mini',
    ownReasoning: /"encrypted_content":/g,
    ...able,
  },
  {
    name: 'Anthropic, signed',
    config: { provider: 'anthropic', model: 'claude-sonnet-4-6', ...effort },
    small: 'claude-sonnet-4-5',
    ownReasoning: /"type":"thinking","thinking":/g,
    ...able,
  },
  {
    name: 'Anthropic, redacted',
    config: { provider: 'anthropic', model: 'claude-opus-4-8', ...effort },
    small: 'claude-opus-4-7',
    redacts: true,
    ownReasoning: /"type":"redacted_thinking"/g,
    ...able,
  },
  {
    name: 'Groq',
    config: { provider: 'groq', model: 'openai/gpt-oss-120b', ...effort },
    small: 'openai/gpt-oss-20b',
    ...blind,
    priced: true,
  },
  {
    name: 'OpenRouter, signed',
    config: { provider: 'openrouter', model: 'anthropic/claude-sonnet-4.6', ...effort },
    small: 'anthropic/claude-opus-4.6',
    ownReasoning: /"reasoning_details":/g,
    ...able,
  },
  {
    name: 'Gemini, OpenRouter',
    config: { provider: 'openrouter', model: 'google/gemini-3.1-pro-preview', ...effort },
    small: 'google/gemini-3-flash-preview',
    ownReasoning: /"reasoning_details":/g,
    ...able,
  },
  {
    name: 'Gemini, own API',
    config: { provider: 'gemini', model: 'gemini-3.5-flash', ...effort },
    small: 'gemini-3-flash',
    ownReasoning: /"thought_signature":"gAAA/g,
    sealsWords: true,
    ...able,
    priced: false,
  },
  {
    name: 'Kimi',
    config: { provider: 'own', model: 'kimi-k2-thinking', ...effort },
    small: 'kimi-k2-thinking-turbo',
    ...blind,
  },
  {
    name: 'DeepSeek',
    config: { provider: 'own', model: 'deepseek-reasoner', ...effort },
    small: 'deepseek-reasoner-small',
    ...blind,
  },
  { name: 'Mistral', config: { provider: 'own', model: 'mistral-large' }, small: 'mistral-small', ...blind },
  { name: 'Text only', config: { provider: 'own', model: 'text-instruct' }, small: 'text-small', ...blind },
  {
    name: 'Gemma, no tools',
    config: { provider: 'own', model: 'gemma-2-9b' },
    small: 'gemma-2-2b',
    sees: false,
    tools: false,
    priced: false,
  },
];

/** The same receivers, asked without streaming. */
export const wholeTargets: MatrixTarget[] = matrixTargets.map((target) => ({
  ...target,
  config: { ...target.config, stream: false },
}));

/** The environment that adds the compatible server at `baseUrl`, and Google's endpoint, with the models of the list. */
export function ownProvider(
  baseUrl: string,
  gemini = { baseUrl, key: 'key-of-google-0000' },
): Record<string, string> {
  const of = (id: string) =>
    matrixTargets.flatMap(({ config, small }) => (config.provider === id ? [config.model, small] : []));
  const google = { id: 'gemini', label: 'Gemini', baseUrl: gemini.baseUrl, apiKeyEnv: 'GEMINI_API_KEY' };
  return {
    CUSTOM_PROVIDERS: JSON.stringify([
      { id: 'own', label: 'Own', baseUrl, models: of('own') },
      { ...google, models: of('gemini') },
    ]),
    GEMINI_API_KEY: gemini.key,
  };
}
