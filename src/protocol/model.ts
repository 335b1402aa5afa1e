import type { Wire } from './message.ts';

/** USD per 1M tokens; `null` means unknown and is never shown or summed as 0. */
export interface ModelCost {
  input: number | null;
  output: number | null;
  cacheRead?: number | null;
  cacheWrite?: number | null;
  /** Prices that replace the above when the request's input is larger than `above` tokens, ascending. */
  tiers?: { above: number; input: number; output: number; cacheRead?: number; cacheWrite?: number }[];
}

export type ModelStatus = 'active' | 'deprecated' | 'retired';

/** What `GET /api/models` lists (CONTRACT section 3). `name` is the preset name, or `provider/model` where there is none. */
export interface Model {
  name: string;
  provider: string;
  model: string;
  /** A human name, e.g. "Claude Opus 5.5". */
  label: string;
  cost: ModelCost;
  contextWindow: number | null;
  maxOutput: number | null;
  capabilities: { tools: boolean; images: boolean; reasoning: boolean; temperature: boolean };
  /** Those of `capabilities` that are a guess by the model's name: nobody told. */
  guessed?: 'images'[];
  status: ModelStatus;
  /** ISO date on which the provider turns it off, when announced. */
  retiresOn?: string;
  /** `provider/model` to use instead. */
  successor?: string;
  available: boolean;
  unavailableReason?: string;
  wire: Wire;
  /** Where the facts come from, and their date. */
  source: string;
  asOf: string;
  /** Second-hand figures: shown with "about". */
  approximate?: boolean;
}

/** Reasoning effort as providers name it; absent means the model's own default. */
export type ReasoningEffort = 'off' | 'low' | 'medium' | 'high';

/** A person's choice for a thread (state name `modelConfig`). */
export interface ModelConfig {
  provider: string;
  model: string;
  temperature?: number;
  maxTokens?: number;
  reasoningEffort?: ReasoningEffort;
  /** false: asked without streaming; the answer comes whole. Some organisations may not stream some models. */
  stream?: boolean;
}
