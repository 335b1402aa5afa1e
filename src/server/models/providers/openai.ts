import { cloudProvider } from './cloud.ts';

/** o3, gpt-5.5, gpt-12: models that think. They take no temperature, and keep their thoughts only over the Responses wire. */
const reasoningModel = /^(o\d|gpt-([5-9]|\d\d)|codex)/;

/** Models that only the Responses API has. */
const responsesOnly = /codex|-pro\b|deep-research/;

export const openai = cloudProvider({
  id: 'openai',
  label: 'OpenAI',
  rank: 1,
  variable: 'OPENAI_API_KEY',
  defaultModel: 'gpt-5.5',
  auth: 'bearer',
  dialect: { maxTokensField: 'max_completion_tokens', documents: true },
  heliconeProvider: 'openai',
  alsoSpeaks: (wire, model) =>
    wire === 'openai-responses' || (wire === 'openai-chat' && !responsesOnly.test(model)),
  guess(model) {
    const reasoning = reasoningModel.test(model);
    return {
      wire: reasoning ? 'openai-responses' : 'openai-chat',
      capabilities: { tools: true, images: true, reasoning, temperature: !reasoning },
    };
  },
});
