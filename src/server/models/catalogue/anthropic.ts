import { autumn2026, factsOf, gone, july2026 } from './facts.ts';

const shared = { wire: 'anthropic-messages', ...july2026 } as const;
const classic = { ...shared, can: ['tools', 'images', 'temperature'] } as const;
/** Thinks with a budget of tokens. */
const budgeted = { ...shared, can: ['tools', 'images', 'reasoning', 'temperature'] } as const;
/** Thinks as much as it finds right, and refuses any temperature. */
const adaptive = {
  ...shared,
  can: ['tools', 'images', 'reasoning'],
  context: 1_000_000,
  output: 128_000,
} as const;
/** Thinks without being asked (https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5). */
const thinking = { ...adaptive, dialect: { thinksUnasked: true } } as const;
const newest = { ...thinking, ...autumn2026 } as const;

/** Cache writes (5 minutes) cost 1.25 of the input price and reads 0.1, where a model has no prices of its own. */
function usualCache(input: number, output: number): [number, number, number, number] {
  return [input, output, input / 10, input * 1.25];
}

/** https://docs.anthropic.com/en/docs/about-claude/models, …/model-deprecations */
export const anthropicModels = factsOf('anthropic', [
  ['claude-fable-5-1', 'Claude Fable 5.1', { ...newest, price: usualCache(10, 50) }],
  ['claude-opus-5-5', 'Claude Opus 5.5', { ...newest, price: [4, 20, 0.2, 5] }],
  ['claude-sonnet-5-5', 'Claude Sonnet 5.5', { ...newest, price: usualCache(2, 10) }],
  ['claude-haiku-5-5', 'Claude Haiku 5.5', { ...newest, price: [0.1, 0.5, 0.01, 0.125] }],
  ['claude-fable-5', 'Claude Fable 5', { ...thinking, price: [10, 50, 1, 12.5] }],
  ['claude-opus-4-8', 'Claude Opus 4.8', { ...adaptive, price: [5, 25, 0.5, 6.25] }],
  ['claude-opus-4-7', 'Claude Opus 4.7', { ...adaptive, price: [5, 25, 0.5, 6.25] }],
  ['claude-sonnet-5', 'Claude Sonnet 5', { ...thinking, price: [2, 10, 0.2, 2.5] }],
  [
    'claude-opus-4-6',
    'Claude Opus 4.6',
    {
      ...budgeted,
      context: 1_000_000,
      output: 128_000,
      price: [5, 25, 0.5, 6.25],
      heliconeModel: 'claude-4.6-opus',
    },
  ],
  [
    'claude-sonnet-4-6',
    'Claude Sonnet 4.6',
    {
      ...budgeted,
      context: 1_000_000,
      output: 64_000,
      price: [3, 15, 0.3, 3.75],
      heliconeModel: 'claude-4.6-sonnet',
    },
  ],
  [
    'claude-opus-4-5',
    'Claude Opus 4.5',
    {
      ...budgeted,
      context: 200_000,
      output: 64_000,
      price: [5, 25, 0.5, 6.25],
      heliconeModel: 'claude-4.5-opus',
    },
  ],
  [
    'claude-sonnet-4-5',
    'Claude Sonnet 4.5',
    {
      ...budgeted,
      context: 200_000,
      output: 64_000,
      price: [3, 15, 0.3, 3.75],
      heliconeModel: 'claude-4.5-sonnet',
    },
  ],
  [
    'claude-haiku-4-5',
    'Claude Haiku 4.5',
    {
      ...budgeted,
      context: 200_000,
      output: 64_000,
      price: [1, 5, 0.1, 1.25],
      heliconeModel: 'claude-4.5-haiku',
    },
  ],
  [
    'claude-3-5-sonnet-20241022',
    'Claude 3.5 Sonnet',
    {
      ...classic,
      context: 200_000,
      output: 8_192,
      price: [3, 15, 0.3, 3.75],
      retired: true,
      successor: 'anthropic/claude-sonnet-5',
    },
  ],
  [
    'claude-3-5-haiku-20241022',
    'Claude 3.5 Haiku',
    {
      ...classic,
      ...gone,
      context: 200_000,
      output: 8_192,
      price: [0.8, 4, 0.08, 1],
      retired: true,
      successor: 'anthropic/claude-haiku-4-5',
    },
  ],
  [
    'claude-3-opus-20240229',
    'Claude 3 Opus',
    {
      ...classic,
      context: 200_000,
      output: 4_096,
      price: [15, 75, 1.5, 18.75],
      retiresOn: '2026-01-05',
      successor: 'anthropic/claude-opus-4-8',
    },
  ],
]);
