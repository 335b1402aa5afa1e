import { factsOf } from './facts.ts';

const scripted = {
  price: [0, 0] as [number, number],
  context: 200_000,
  output: 32_000,
  source: 'part of Crosspoint',
  asOf: '2026-11-25',
} as const;

/** Not models at all: two scripts, each speaking one wire. */
export const demoModels = factsOf('demo', [
  [
    'scripted-chat',
    'Scripted demo A (OpenAI wire)',
    { ...scripted, wire: 'openai-chat', can: ['tools', 'temperature'] },
  ],
  [
    'scripted-messages',
    'Scripted demo B (Anthropic wire)',
    {
      ...scripted,
      wire: 'anthropic-messages',
      can: ['tools', 'reasoning', 'temperature'],
      // With signed thinking, so that a switch between the two has something that only its issuer may see again.
      defaultEffort: 'low',
    },
  ],
]);
