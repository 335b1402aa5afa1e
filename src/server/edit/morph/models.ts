import type { ModelCost } from '#protocol/model.ts';

export interface MorphModel {
  id: 'morph-v3-fast' | 'morph-v3-large';
  cost: ModelCost;
  /** Tokens. */
  contextWindow: number;
  maxOutput: number;
  /** Characters of a file and its update together; catalogues differ on the windows, so this keeps to the smaller figures. */
  maxCharacters: number;
}

/** In the order in which they are asked. Prices in USD per million tokens, and windows, as of 2026-11 (models.dev, Morph). */
export const morphModels: readonly MorphModel[] = [
  {
    id: 'morph-v3-fast',
    cost: { input: 0.8, output: 1.2 },
    contextWindow: 81_920,
    maxOutput: 38_000,
    maxCharacters: 40_000,
  },
  {
    id: 'morph-v3-large',
    cost: { input: 0.9, output: 1.9 },
    contextWindow: 262_144,
    maxOutput: 131_072,
    maxCharacters: 200_000,
  },
];
