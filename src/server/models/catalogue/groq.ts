import { factsOf, gone, july2026 } from './facts.ts';

const shared = { wire: 'openai-chat', context: 131_072, ...july2026 } as const;
const plain = { ...shared, can: ['tools', 'temperature'] } as const;
const reasoning = { ...shared, can: ['tools', 'reasoning', 'temperature'] } as const;

/** https://console.groq.com/docs/models, https://console.groq.com/docs/deprecations */
export const groqModels = factsOf('groq', [
  [
    'openai/gpt-oss-120b',
    'GPT-OSS 120B',
    { ...reasoning, output: 65_536, price: [0.15, 0.6, 0.075], heliconeModel: 'gpt-oss-120b' },
  ],
  [
    'openai/gpt-oss-20b',
    'GPT-OSS 20B',
    { ...reasoning, output: 65_536, price: [0.075, 0.3, 0.0375], heliconeModel: 'gpt-oss-20b' },
  ],
  [
    'qwen/qwen3-32b',
    'Qwen3 32B',
    {
      ...reasoning,
      output: 40_960,
      price: [0.29, 0.59],
      heliconeModel: 'qwen3-32b',
      // Without it the thoughts stand in the answer as <think> (console.groq.com/docs/reasoning).
      dialect: { reasoningFormat: 'parsed' },
    },
  ],
  [
    'meta-llama/llama-4-scout-17b-16e-instruct',
    'Llama 4 Scout',
    { ...plain, can: ['tools', 'images', 'temperature'], output: 8_192, price: [0.11, 0.34] },
  ],
  [
    'llama-3.3-70b-versatile',
    'Llama 3.3 70B',
    {
      ...plain,
      output: 32_768,
      price: [0.59, 0.79],
      retiresOn: '2026-08-16',
      successor: 'groq/openai/gpt-oss-120b',
    },
  ],
  [
    'llama-3.1-8b-instant',
    'Llama 3.1 8B',
    {
      ...plain,
      output: 131_072,
      price: [0.05, 0.08],
      retiresOn: '2026-08-16',
      successor: 'groq/openai/gpt-oss-20b',
    },
  ],
  [
    'mixtral-8x7b-32768',
    'Mixtral 8x7B',
    {
      ...plain,
      ...gone,
      context: 32_768,
      output: null,
      price: [0.24, 0.24],
      retiresOn: '2025-03-20',
      successor: 'groq/openai/gpt-oss-20b',
    },
  ],
]);
