import type { Provider } from '../../types.ts';
import { demoUpstream } from './upstream.ts';

export { demoProject, demoTask } from './project.ts';

/** Two scripts, each on one wire, for when there is no key. Last in every order. */
export const demo: Provider = {
  id: 'demo',
  label: 'Scripted demo',
  kind: 'demo',
  rank: 100,
  defaultModel: 'scripted-chat',
  connect: () => ({
    provider: 'demo',
    label: 'The scripted demo',
    // Never resolved: the upstream is inside this process.
    baseUrl: 'http://demo.invalid',
    apiKey: null,
    apiKeyVariable: '',
    auth: 'none',
    headers: {},
    dialect: {},
    embedded: demoUpstream(),
  }),
  unavailableReason: () => 'The scripted demo can always be used.',
  guess: (model) => ({
    wire: model.endsWith('-messages') ? 'anthropic-messages' : 'openai-chat',
    capabilities: { tools: true, images: false, reasoning: false, temperature: true },
  }),
};
