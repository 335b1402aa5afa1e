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
}

const effort = { reasoningEffort: 'medium' } as const;
const able = { sees: true, tools: true };
const blind = { sees: false, tools: true };

/** Every set of rules that a provider or a family of models has; the last ones are a person's own compatible servers. */
export const matrixTargets: MatrixTarget[] = [
  { name: 'OpenAI chat', config: { provider: 'openai', model: 'gpt-4.1' }, ...able },
  {
    name: 'OpenAI responses',
    config: { provider: 'openai', model: 'gpt-5.4', ...effort },
    ownReasoning: /"encrypted_content":/g,
    ...able,
  },
  {
    name: 'Anthropic, signed',
    config: { provider: 'anthropic', model: 'claude-sonnet-4-6', ...effort },
    ownReasoning: /"type":"thinking","thinking":/g,
    ...able,
  },
  {
    name: 'Anthropic, redacted',
    config: { provider: 'anthropic', model: 'claude-opus-4-8', ...effort },
    redacts: true,
    ownReasoning: /"type":"redacted_thinking"/g,
    ...able,
  },
  { name: 'Groq', config: { provider: 'groq', model: 'openai/gpt-oss-120b', ...effort }, ...blind },
  {
    name: 'OpenRouter, signed',
    config: { provider: 'openrouter', model: 'anthropic/claude-sonnet-4.6', ...effort },
    ownReasoning: /"reasoning_details":/g,
    ...able,
  },
  {
    name: 'Gemini, OpenRouter',
    config: { provider: 'openrouter', model: 'google/gemini-3.1-pro-preview', ...effort },
    ownReasoning: /"reasoning_details":/g,
    ...able,
  },
  {
    name: 'Gemini, own API',
    config: { provider: 'gemini', model: 'gemini-3.5-flash', ...effort },
    ownReasoning: /"thought_signature":"gAAA/g,
    sealsWords: true,
    ...able,
  },
  { name: 'Kimi', config: { provider: 'own', model: 'kimi-k2-thinking', ...effort }, ...blind },
  { name: 'DeepSeek', config: { provider: 'own', model: 'deepseek-reasoner', ...effort }, ...blind },
  { name: 'Mistral', config: { provider: 'own', model: 'mistral-large' }, ...blind },
  { name: 'Text only', config: { provider: 'own', model: 'text-instruct' }, ...blind },
  {
    name: 'Gemma, no tools',
    config: { provider: 'own', model: 'gemma-2-9b' },
    sees: false,
    tools: false,
  },
];

/** The environment that adds the compatible server at `baseUrl`, and Google's endpoint, with the models of the list. */
export function ownProvider(
  baseUrl: string,
  gemini = { baseUrl, key: 'key-of-google-0000' },
): Record<string, string> {
  const of = (id: string) =>
    matrixTargets.flatMap(({ config }) => (config.provider === id ? [config.model] : []));
  const google = { id: 'gemini', label: 'Gemini', baseUrl: gemini.baseUrl, apiKeyEnv: 'GEMINI_API_KEY' };
  return {
    CUSTOM_PROVIDERS: JSON.stringify([
      { id: 'own', label: 'Own', baseUrl, models: of('own') },
      { ...google, models: of('gemini') },
    ]),
    GEMINI_API_KEY: gemini.key,
  };
}
