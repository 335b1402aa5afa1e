import type { Message } from '#protocol/message.ts';
import type { Context } from './context.ts';
import { compactionSizes, type CompactionSizes } from './handoff/compaction-sizes.ts';
import { compactedView } from './handoff/compaction.ts';
import { planCompaction, type CompactionPlan } from './handoff/plan-compaction.ts';
import { project } from './handoff/project.ts';
import type { AgentSetup } from './parts.ts';

export interface PlannedCompaction extends CompactionPlan {
  tokensAfter: number;
}

/** A provider that refuses what we count as fitting counts more: by how much, nobody says. */
const refusedShare = 0.8;

/** @param wasRefused the provider said that the request does not fit, whatever was counted */
export function sizesFor(setup: AgentSetup, context: Context, wasRefused = false): CompactionSizes {
  const fixedParts = { ...context.fixed, tools: context.offered.short };
  const fixed = setup.tokens.count([], context.target, fixedParts).tokens;
  const { tokens } = context.count;
  const room = Math.min(context.room, wasRefused ? tokens * refusedShare : Infinity);
  return compactionSizes(fixed, tokens, room);
}

/** Where to cut, and how many tokens the request then has; null when nothing would be enough. */
export function planFor(
  setup: AgentSetup,
  transcript: readonly Message[],
  context: Context,
  sizes: CompactionSizes,
): PlannedCompaction | null {
  const { target } = context;
  const canRecall = target.capabilities.tools;
  const fixed = { ...context.fixed, tools: context.offered.short };
  const count = (view: readonly Message[]) =>
    setup.tokens.count(project(view, target).messages, target, fixed).tokens;
  const plan = planCompaction(transcript, { target, canRecall, count, ...sizes });
  if (!plan) return null;
  const content = { id: '', method: 'outline' as const, writtenBy: null, text: '', ...plan };
  const view = compactedView(transcript, content, canRecall);
  return { ...plan, tokensAfter: count(view) + (plan.covered.length ? plan.textTokens : 0) };
}
