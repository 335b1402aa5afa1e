import { usualOutput, worstCase } from '../limits/worst-case.ts';
import { estimateBody } from '../passthrough/estimate.ts';
import { valueAt } from '../passthrough/top-level.ts';
import type { Target } from '../types.ts';
import { totalCost, type Call } from './call.ts';
import type { Admission } from './types.ts';

/**
 * Limits and budgets, reserved for the worst case of the first choice.
 * @throws CrosspointError `rate_limited`, `budget_exhausted`
 */
export async function admit(call: Call): Promise<Admission | null> {
  const { admissions } = call.parts;
  const target = call.choices[0]?.candidate.target;
  if (!admissions || !target) return null;
  const asked = worstCase(target, () => estimateBody(call.top.body), longestAnswer(call, target));
  const admission = await admissions.admit(call.caller, call.options, asked, call.signal);
  for (const [name, value] of Object.entries(admission.headers)) call.exchange.headers.push([name, value]);
  return admission;
}

/** What the attempts really used, whatever came of them. */
export async function settle({ usages }: Call, admission: Admission | null): Promise<void> {
  if (!admission) return;
  const tokens = usages.reduce((sum, usage) => sum + usage.inputTokens + usage.outputTokens, 0);
  await admission.settle({ costUsd: totalCost(usages), tokens });
}

function longestAnswer({ endpoint, top }: Call, { maxOutput }: Target): number {
  if (endpoint.kind === 'embeddings') return 0;
  for (const name of ['max_completion_tokens', 'max_tokens', 'max_output_tokens']) {
    const value = top.values.has(name) ? valueAt(top, name) : undefined;
    if (typeof value === 'number' && value > 0) return value;
  }
  return maxOutput ?? usualOutput;
}
