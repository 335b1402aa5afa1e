import { cloudProvider } from './cloud.ts';
import { withModelRules } from './model-families.ts';

export const groq = cloudProvider({
  id: 'groq',
  label: 'Groq',
  rank: 3,
  variable: 'GROQ_API_KEY',
  defaultModel: 'openai/gpt-oss-120b',
  auth: 'bearer',
  // "messages.1.content must be a string" (console.groq.com/docs/openai).
  dialect: { maxTokensField: 'max_completion_tokens', stringContentOnly: true },
  heliconeProvider: 'groq',
  guess: (model) =>
    withModelRules(model, {
      wire: 'openai-chat',
      capabilities: { tools: true, images: false, reasoning: false, temperature: true },
    }),
});
