import { cloudProvider } from './cloud.ts';
import { withModelRules } from './model-families.ts';

/** Makers all of whose newer models see and think. */
const able = /^(anthropic\/claude-|google\/gemini-|openai\/(gpt-[5-9]|o[34]))/;

export const openrouter = cloudProvider({
  id: 'openrouter',
  label: 'OpenRouter',
  rank: 4,
  variable: 'OPENROUTER_API_KEY',
  defaultModel: 'deepseek/deepseek-v4-pro',
  auth: 'bearer',
  // Names the program in OpenRouter's rankings and in the person's own activity page (openrouter.ai/docs/app-attribution).
  headers: ({ port }) => ({ 'HTTP-Referer': `http://localhost:${port}`, 'X-Title': 'Crosspoint' }),
  dialect: { maxTokensField: 'max_tokens', reasoningDetails: true, declaredCost: true, documents: true },
  heliconeProvider: 'openrouter',
  guess: (model) =>
    withModelRules(model, {
      wire: 'openai-chat',
      capabilities: { tools: true, images: able.test(model), reasoning: able.test(model), temperature: true },
    }),
});
