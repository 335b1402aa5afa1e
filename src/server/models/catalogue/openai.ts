import { autumn2026, factsOf, gone, july2026 } from './facts.ts';

const chat = { wire: 'openai-chat', can: ['tools', 'images', 'temperature'], ...july2026 } as const;
/** Reasoning goes from turn to turn only over the Responses wire. */
const reasoning = { wire: 'openai-responses', can: ['tools', 'images', 'reasoning'], ...july2026 } as const;
const newest = { ...reasoning, ...autumn2026, context: 1_050_000, output: 128_000 } as const;
const gpt5 = { ...reasoning, context: 400_000, output: 128_000 } as const;
const embedding = { wire: 'openai-chat', can: [], embedding: true, ...july2026 } as const;

/** Above this many input tokens a request costs twice for input and half more for output. */
const longContext = 272_000;

/** https://platform.openai.com/docs/models, https://platform.openai.com/docs/deprecations */
export const openaiModels = factsOf('openai', [
  [
    'gpt-6.1-sol',
    'GPT-6.1 Sol',
    {
      ...newest,
      price: [2, 10, 0.1, 2.5],
      tiers: [{ above: longContext, input: 4, output: 15, cacheRead: 0.2 }],
    },
  ],
  ['gpt-6-sol', 'GPT-6 Sol', { ...newest, price: [2, 10, 0.2, 2.5] }],
  ['gpt-6-luna', 'GPT-6 Luna', { ...newest, price: [0.1, 0.5, 0.01, 0.125] }],
  ['gpt-5.6-sol', 'GPT-5.6 Sol', { ...newest, price: [4, 20, null, null] }],
  ['gpt-5.6-luna', 'GPT-5.6 Luna', { ...newest, price: [0.2, 1.2, null, null] }],
  [
    'gpt-5.5',
    'GPT-5.5',
    {
      ...gpt5,
      context: 1_050_000,
      price: [5, 30, 0.5],
      tiers: [{ above: longContext, input: 10, output: 45, cacheRead: 1 }],
    },
  ],
  [
    'gpt-5.4',
    'GPT-5.4',
    {
      ...gpt5,
      context: 1_050_000,
      price: [2.5, 15, 0.25],
      tiers: [{ above: longContext, input: 5, output: 22.5, cacheRead: 0.5 }],
    },
  ],
  ['gpt-5.4-mini', 'GPT-5.4 mini', { ...gpt5, price: [0.75, 4.5, 0.075] }],
  ['gpt-5.4-nano', 'GPT-5.4 nano', { ...gpt5, price: [0.2, 1.25, 0.02] }],
  [
    'gpt-5.3-codex',
    'GPT-5.3 Codex',
    { ...gpt5, price: [1.75, 14, 0.175], retiresOn: '2027-04-01', successor: 'openai/gpt-5.5' },
  ],
  ['gpt-5.2', 'GPT-5.2', { ...gpt5, price: [1.75, 14, 0.175] }],
  ['gpt-5.2-codex', 'GPT-5.2 Codex', { ...gpt5, price: [1.75, 14, 0.175] }],
  [
    'gpt-5.1',
    'GPT-5.1',
    { ...gpt5, price: [1.25, 10, 0.125], retiresOn: '2027-04-01', successor: 'openai/gpt-5.4' },
  ],
  ['gpt-5.1-codex', 'GPT-5.1 Codex', { ...gpt5, price: [1.25, 10, 0.125] }],
  ['gpt-5-codex', 'GPT-5 Codex', { ...gpt5, price: [1.25, 10, 0.125] }],
  [
    'gpt-5',
    'GPT-5',
    { ...gpt5, price: [1.25, 10, 0.125], retiresOn: '2026-12-11', successor: 'openai/gpt-5.4' },
  ],
  [
    'gpt-5-mini',
    'GPT-5 mini',
    { ...gpt5, price: [0.25, 2, 0.025], retiresOn: '2026-12-11', successor: 'openai/gpt-5.4-mini' },
  ],
  [
    'gpt-5-nano',
    'GPT-5 nano',
    { ...gpt5, price: [0.05, 0.4, 0.005], retiresOn: '2026-12-11', successor: 'openai/gpt-5.4-nano' },
  ],
  [
    'o3',
    'o3',
    {
      ...reasoning,
      context: 200_000,
      output: 100_000,
      price: [2, 8, 0.5],
      retiresOn: '2026-12-11',
      successor: 'openai/gpt-5.4',
    },
  ],
  [
    'o4-mini',
    'o4-mini',
    {
      ...reasoning,
      context: 200_000,
      output: 100_000,
      price: [1.1, 4.4, 0.275],
      retiresOn: '2026-10-23',
      successor: 'openai/gpt-5.4-mini',
    },
  ],
  [
    'o1-preview',
    'o1-preview',
    {
      ...gone,
      wire: 'openai-responses',
      can: ['reasoning'],
      context: 128_000,
      output: 32_768,
      price: [15, 60],
      retired: true,
      successor: 'openai/gpt-5.4',
    },
  ],
  [
    'gpt-4.1',
    'GPT-4.1',
    {
      ...chat,
      context: 1_047_576,
      output: 32_768,
      price: [2, 8, 0.5],
      retiresOn: '2027-01-14',
      successor: 'openai/gpt-5.4',
    },
  ],
  [
    'gpt-4.1-mini',
    'GPT-4.1 mini',
    {
      ...chat,
      context: 1_047_576,
      output: 32_768,
      price: [0.4, 1.6, 0.1],
      retiresOn: '2027-01-14',
      successor: 'openai/gpt-5.4-mini',
    },
  ],
  [
    'gpt-4o',
    'GPT-4o',
    {
      ...chat,
      context: 128_000,
      output: 16_384,
      price: [2.5, 10, 1.25],
      retiresOn: '2027-01-14',
      successor: 'openai/gpt-5.4',
    },
  ],
  [
    'gpt-4o-mini',
    'GPT-4o mini',
    {
      ...chat,
      context: 128_000,
      output: 16_384,
      price: [0.15, 0.6, 0.075],
      retiresOn: '2027-01-14',
      successor: 'openai/gpt-5.4-mini',
    },
  ],
  [
    'gpt-4-turbo',
    'GPT-4 Turbo',
    {
      ...chat,
      context: 128_000,
      output: 4_096,
      price: [10, 30],
      retiresOn: '2026-10-23',
      successor: 'openai/gpt-5.4',
    },
  ],
  [
    'text-embedding-3-small',
    'Text Embedding 3 small',
    { ...embedding, context: 8_191, output: null, price: [0.02, 0] },
  ],
  [
    'text-embedding-3-large',
    'Text Embedding 3 large',
    { ...embedding, context: 8_191, output: null, price: [0.13, 0] },
  ],
]);
