import type { Message } from '#protocol/message.ts';
import { offeredTools, type Context } from './context.ts';
import { compactedView } from './handoff/compaction.ts';
import { planCompaction, type CompactionPlan } from './handoff/plan-compaction.ts';
import { project } from './handoff/project.ts';
import type { AgentSetup } from './parts.ts';

/** Tokens of requests to the model that a compaction is for. */
export interface Sizes {
  /** The request as it is now has no room. */
  isNeeded: boolean;
  /** What a request may have. */
  room: number;
  /** What one should have afterwards. */
  goal: number;
  /** Of them, for the text that stands for what is left out. */
  textTokens: number;
}

export interface PlannedCompaction extends CompactionPlan {
  textTokens: number;
  tokensAfter: number;
}

/** Of the room beside the system prompt and the tools: what is in use afterwards, where the whole did not fit. */
const goalShare = 0.5;
/** Of what the whole conversation has: what is in use afterwards, where a person just wants it shorter. */
const shorterShare = 0.3;
const textShare = 0.2;
const textTokens = { least: 60, most: 4_000 };
/** A provider that refuses what we count as fitting counts more: by how much, nobody says. */
const refusedShare = 0.8;

/** @param wasRefused the provider said that the request does not fit, whatever was counted */
export function sizesFor(setup: AgentSetup, context: Context, wasRefused = false): Sizes {
  const { target } = context;
  const fixedParts = { ...context.fixed, tools: offeredTools(setup, target, true) };
  const fixed = setup.tokens.count([], target, fixedParts).tokens;
  const { tokens } = context.count;
  const room = Math.min(context.room, wasRefused ? tokens * refusedShare : Infinity);
  const isNeeded = tokens > room;
  const most = isNeeded ? room : tokens;
  const goal = fixed + (most - fixed) * (isNeeded ? goalShare : shorterShare);
  const text = Math.round((most - fixed) * textShare);
  return {
    isNeeded,
    room: most,
    goal,
    textTokens: Math.min(textTokens.most, Math.max(textTokens.least, text)),
  };
}

/** Where to cut, and how many tokens the request then has; null when nothing would be enough. */
export function planFor(
  setup: AgentSetup,
  transcript: readonly Message[],
  context: Context,
  sizes: Sizes,
): PlannedCompaction | null {
  const { target } = context;
  const canRecall = target.capabilities.tools;
  const fixed = { ...context.fixed, tools: offeredTools(setup, target, true) };
  const count = (view: readonly Message[]) =>
    setup.tokens.count(project(view, target).messages, target, fixed).tokens;
  const plan = planCompaction(transcript, { target, canRecall, count, ...sizes });
  if (!plan) return null;
  const content = { id: '', method: 'outline' as const, writtenBy: null, text: '', ...plan };
  const view = compactedView(transcript, content, canRecall);
  const text = plan.covered.length ? sizes.textTokens : 0;
  return { ...plan, textTokens: sizes.textTokens, tokensAfter: count(view) + text };
}
