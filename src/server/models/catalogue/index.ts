import { anthropicModels } from './anthropic.ts';
import { demoModels } from './demo.ts';
import type { ModelFacts } from './facts.ts';
import { groqModels } from './groq.ts';
import { openaiModels } from './openai.ts';
import { openrouterModels } from './openrouter.ts';

/** The facts that come with a release, in the order of the picker; a refresh brings newer ones. */
export const catalogue: readonly ModelFacts[] = [
  ...openaiModels,
  ...anthropicModels,
  ...groqModels,
  ...openrouterModels,
  ...demoModels,
];
