import type { ProviderName } from './script.ts';

/** What an emulator knows of a model by its name. The rules are the providers' own, as of their documentation. */
export interface ModelTraits {
  /** The provider has a model of this name. */
  exists: boolean;
  reasoning: boolean;
  temperature: boolean;
  images: boolean;
  maxOutput: number;
  /** OpenAI: only `/responses` has it. */
  responsesOnly?: boolean;
  /** Anthropic: which forms of thinking it takes. */
  thinking?: ('enabled' | 'adaptive')[];
  /** Anthropic: a conversation may not end with the assistant. */
  noPrefill?: boolean;
  efforts?: string[];
  /** The ids that it makes: `functions.read_file:0` (Kimi), `tool_0_read_file` (Gemini), nine characters (Mistral). */
  callIds?: 'kimi' | 'gemini' | 'mistral';
  /** false: its template has neither calls nor results. Default: it has. */
  tools?: boolean;
  /** Kimi and DeepSeek: a turn with calls needs `reasoning_content`. */
  wantsReasoningContent?: boolean;
}

export function traitsOf(provider: ProviderName, model: string): ModelTraits {
  const common = { exists: true, reasoning: false, temperature: true, images: true, maxOutput: 128_000 };
  switch (provider) {
    case 'openai':
      return { ...common, ...openAi(model) };
    case 'anthropic':
      return { ...common, ...anthropic(model) };
    case 'groq':
      return { ...common, ...groq(model) };
    case 'openrouter':
      return { ...common, ...openRouter(model) };
    case 'gemini':
      return { ...common, ...gemini(model) };
    case 'compatible':
      return { ...common, ...compatible(model) };
  }
}

function openAi(model: string): Partial<ModelTraits> {
  const exists = /^(gpt-|chatgpt-|o\d)/.test(model) && !model.includes('/');
  if (!/^(o\d|gpt-[5-9])/.test(model)) return { exists };
  const older = ['low', 'medium', 'high'];
  const efforts = /^o\d/.test(model)
    ? older
    : /^gpt-5(-|$)/.test(model)
      ? ['minimal', ...older]
      : ['none', ...older, 'xhigh'];
  const responsesOnly = /codex|-pro$/.test(model);
  return { exists, reasoning: true, temperature: false, efforts, responsesOnly };
}

function anthropic(model: string): Partial<ModelTraits> {
  const exists = /^claude-/.test(model);
  const [, version] = /claude-(?:[a-z]+-)?(\d(?:[.-]\d{1,2})?)(?!\d)/.exec(model) ?? [];
  const number = Number((version ?? '3').replace('-', '.'));
  const maxOutput = number >= 4.6 ? 128_000 : number >= 3.7 ? 64_000 : 8_192;
  if (number < 3.7) return { exists, maxOutput, thinking: [] };
  if (number < 4.6) return { exists, maxOutput, reasoning: true, thinking: ['enabled'] };
  const temperature = number < 4.7;
  const thinking: ModelTraits['thinking'] = temperature ? ['enabled', 'adaptive'] : ['adaptive'];
  return { exists, maxOutput, reasoning: true, thinking, temperature, noPrefill: true };
}

function groq(model: string): Partial<ModelTraits> {
  const maxOutput = 65_536;
  const images = /llama-4|vision/.test(model);
  if (/gpt-oss/.test(model))
    return { maxOutput, images, reasoning: true, efforts: ['low', 'medium', 'high'] };
  if (/qwen/.test(model)) return { maxOutput: 40_960, images, reasoning: true, efforts: ['none', 'default'] };
  return /kimi/.test(model) ? { maxOutput, images, callIds: 'kimi' } : { maxOutput, images };
}

function openRouter(model: string): Partial<ModelTraits> {
  const exists = /^[a-z0-9-]+\/[a-z0-9.:-]+$/.test(model);
  const images = !/deepseek|qwen|glm|minimax/.test(model);
  const reasoning = !/qwen-2\.5|deepseek-chat|qwen3-coder/.test(model);
  if (/gemini/.test(model)) return { exists, images, reasoning, callIds: 'gemini' };
  if (/kimi/.test(model)) return { exists, images, reasoning, callIds: 'kimi' };
  if (/mistral/.test(model)) return { exists, images, reasoning: false, callIds: 'mistral' };
  return { exists, images, reasoning };
}

function gemini(model: string): Partial<ModelTraits> {
  const exists = /^(models\/)?gemini-/.test(model);
  const efforts = ['none', 'minimal', 'low', 'medium', 'high'];
  return { exists, reasoning: true, maxOutput: 65_536, efforts };
}

function compatible(model: string): Partial<ModelTraits> {
  if (/^mistral/.test(model)) return { callIds: 'mistral', images: false };
  if (/^gemma-2/.test(model)) return { images: false, tools: false };
  if (/^text-/.test(model)) return { images: false };
  if (!/^(kimi|deepseek)/.test(model)) return {};
  const wantsReasoningContent = /think|reason/.test(model);
  return { reasoning: wantsReasoningContent, wantsReasoningContent };
}

/** Names of models in Helicone's unified gateway that are not the provider's. */
const heliconeNames: Record<string, string> = {
  'claude-4.5-sonnet': 'claude-sonnet-4-5',
  'claude-4.5-haiku': 'claude-haiku-4-5',
  'claude-4.5-opus': 'claude-opus-4-5',
  'claude-4.6-sonnet': 'claude-sonnet-4-6',
  'claude-4.6-opus': 'claude-opus-4-6',
  'gpt-oss-120b': 'openai/gpt-oss-120b',
  'gpt-oss-20b': 'openai/gpt-oss-20b',
  'qwen3-32b': 'qwen/qwen3-32b',
};

export function fromHeliconeName(name: string): string {
  return heliconeNames[name] ?? name;
}
