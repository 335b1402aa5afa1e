import { cloudProvider } from './cloud.ts';

/** Before Claude 4 no model thought; since Opus 4.7 none takes a temperature. */
const oldModel = /^claude-(3|2|instant)/;
const olderThan5 = /^claude-(?:[a-z]+-)?[1-4]\b/;

export const anthropic = cloudProvider({
  id: 'anthropic',
  label: 'Anthropic',
  rank: 2,
  variable: 'ANTHROPIC_API_KEY',
  defaultModel: 'claude-opus-4-8',
  auth: 'x-api-key',
  dialect: {},
  heliconeProvider: 'anthropic',
  guess(model) {
    const old = oldModel.test(model);
    return {
      wire: 'anthropic-messages',
      capabilities: { tools: true, images: true, reasoning: !old, temperature: old },
      ...(old || olderThan5.test(model) ? {} : { dialect: { thinksUnasked: true } }),
    };
  },
});
