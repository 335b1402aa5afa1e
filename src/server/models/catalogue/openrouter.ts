import { factsOf, july2026 } from './facts.ts';

const shared = { wire: 'openai-chat', ...july2026 } as const;
const plain = { ...shared, can: ['tools', 'temperature'] } as const;
const reasoning = { ...shared, can: ['tools', 'reasoning', 'temperature'] } as const;
const signed = { dialect: { thoughtSignatures: true } } as const;
const seeing = { ...shared, can: ['tools', 'images', 'reasoning', 'temperature'] } as const;

/** A few of the hundreds that it lists; the others come with a refresh. https://openrouter.ai/models */
export const openrouterModels = factsOf('openrouter', [
  [
    'deepseek/deepseek-v4-pro',
    'DeepSeek V4 Pro',
    { ...reasoning, context: 1_048_576, output: 384_000, price: [0.435, 0.87, 0.003625] },
  ],
  [
    'deepseek/deepseek-v4-flash',
    'DeepSeek V4 Flash',
    { ...reasoning, context: 1_048_575, output: 65_536, price: [0.098, 0.196, 0.02] },
  ],
  [
    'deepseek/deepseek-chat',
    'DeepSeek Chat',
    { ...plain, context: 128_000, output: 16_000, price: [0.2002, 0.8001] },
  ],
  [
    'moonshotai/kimi-k2.7-code',
    'Kimi K2.7 Code',
    { ...seeing, context: 262_144, output: 16_384, price: [0.74, 3.5, 0.15] },
  ],
  ['z-ai/glm-5.2', 'GLM 5.2', { ...reasoning, context: 1_048_576, output: 32_768, price: [0.93, 3, 0.18] }],
  [
    'qwen/qwen3.7-max',
    'Qwen3.7 Max',
    { ...reasoning, context: 1_000_000, output: 65_536, price: [1.25, 3.75, 0.25, 1.5625] },
  ],
  [
    'qwen/qwen3-coder-plus',
    'Qwen3 Coder Plus',
    { ...plain, context: 1_000_000, output: 65_536, price: [0.65, 3.25, 0.13, 0.8125] },
  ],
  ['qwen/qwen3-coder', 'Qwen3 Coder', { ...plain, context: 262_144, output: 65_536, price: [0.22, 1.8] }],
  [
    'qwen/qwen-2.5-72b-instruct',
    'Qwen2.5 72B Instruct',
    { ...plain, context: 32_768, output: 16_384, price: [0.36, 0.4] },
  ],
  [
    'google/gemini-3.5-flash',
    'Gemini 3.5 Flash',
    { ...seeing, ...signed, context: 1_048_576, output: 65_536, price: [1.5, 9, 0.15, 0.083333] },
  ],
  [
    'google/gemini-3.1-pro-preview',
    'Gemini 3.1 Pro (preview)',
    { ...seeing, ...signed, context: 1_048_576, output: 65_536, price: [2, 12, 0.2, 0.375] },
  ],
  [
    'x-ai/grok-4.3',
    'Grok 4.3',
    { ...seeing, context: 1_000_000, output: 1_000_000, price: [1.25, 2.5, 0.2] },
  ],
  [
    'minimax/minimax-m3',
    'MiniMax M3',
    { ...seeing, context: 524_288, output: 512_000, price: [0.3, 1.2, 0.06] },
  ],
  [
    'google/gemini-2.5-pro',
    'Gemini 2.5 Pro',
    {
      ...seeing,
      context: 1_048_576,
      output: 65_536,
      price: [1.25, 10, 0.125, 0.375],
      retiresOn: '2026-12-01',
      successor: 'openrouter/google/gemini-3.1-pro-preview',
    },
  ],
  [
    'google/gemini-2.5-flash',
    'Gemini 2.5 Flash',
    {
      ...seeing,
      context: 1_048_576,
      output: 65_535,
      price: [0.3, 2.5, 0.03, 0.083333],
      retiresOn: '2026-12-01',
      successor: 'openrouter/google/gemini-3.5-flash',
    },
  ],
  [
    'google/gemini-pro-1.5',
    'Gemini Pro 1.5',
    {
      ...plain,
      source: 'absent from models.dev',
      can: ['tools', 'images', 'temperature'],
      context: null,
      output: null,
      price: [null, null],
      retired: true,
      successor: 'openrouter/google/gemini-3.1-pro-preview',
    },
  ],
]);
