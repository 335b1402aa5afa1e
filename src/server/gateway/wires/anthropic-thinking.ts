import type { Dialect, Effort, ModelRequest, Target } from '../types.ts';
import { effortName } from './efforts.ts';

/** Tokens to think with; Anthropic takes 1,024 at least and fewer than `max_tokens`. */
const budgets: Record<Exclude<Effort, 'off'>, number> = {
  minimal: 1_024,
  low: 4_096,
  medium: 10_240,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536,
};
const smallestBudget = 1_024;
const adaptiveEfforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
/** Left for the answer itself beside the thinking. */
const smallestAnswer = 1_024;
/** The largest answer that is asked for where nobody set a limit: rate limits count what is asked for. */
const usualMaxTokens = 32_000;
const unknownMaxTokens = 8_192;

export interface Thinking {
  maxTokens: number;
  /** Fields of the body; empty when the model does not think in this request. */
  fields: Record<string, unknown>;
  on: boolean;
}

/**
 * Whether and how the model thinks in this request. Newer models (Opus 4.7 and later, Sonnet 5, Fable 5) refuse
 * `enabled` with a budget and any temperature; older ones do not know `adaptive`.
 */
export function thinking(request: ModelRequest, dialect: Dialect): Thinking {
  const { target, settings } = request;
  const maxTokens = settings.maxTokens ?? Math.min(target.maxOutput ?? unknownMaxTokens, usualMaxTokens);
  // Of models that think anyway every block must come back: a block that is left out makes the later ones invalid
  // (https://platform.claude.com/docs/en/build-with-claude/preserved-thinking/prefix-checks).
  const off = { maxTokens, fields: {}, on: dialect.thinksUnasked === true };
  const effort = settings.reasoningEffort;
  if (!effort || effort === 'off' || !target.capabilities.reasoning) return off;
  // A forced call excludes thinking ("Thinking may not be enabled when tool_choice forces tool use").
  const isForced = request.toolChoice === 'required' || typeof request.toolChoice === 'object';
  if (request.suppressReasoning || isForced) return off;
  if (thinkingKind(target, dialect) === 'adaptive') {
    const config = { type: 'adaptive', display: 'summarized' };
    const output = { effort: effortName(effort, dialect, adaptiveEfforts) };
    return { maxTokens, fields: { thinking: config, output_config: output }, on: true };
  }
  const budget = Math.min(settings.thinkingBudget ?? budgets[effort], maxTokens - smallestAnswer);
  if (budget < smallestBudget) return off;
  return { maxTokens, fields: { thinking: { type: 'enabled', budget_tokens: budget } }, on: true };
}

export function thinkingKind(target: Target, dialect: Dialect): 'budget' | 'adaptive' {
  return dialect.thinking ?? (target.capabilities.temperature ? 'budget' : 'adaptive');
}
