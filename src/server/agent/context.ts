import type { Message } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { Target, ToolDefinition } from '#server/gateway/types.ts';
import type { CompactionRow, ThreadRow } from '#server/store/store.ts';
import { compactedView, newestOn } from './handoff/compaction.ts';
import { inputRoom, roomForMessages } from './handoff/fit.ts';
import type { IncrementalProject } from './handoff/project.ts';
import { nameOf } from './handoff/receipt.ts';
import type { Count, FixedParts } from './handoff/tokens/token-counter.ts';
import type { Projection } from './handoff/types.ts';
import type { AgentSetup } from './parts.ts';
import { threadPrompt } from './thread-prompt.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** What a model is sent of a thread, in the form in which it gets the conversation. */
export interface Context {
  target: Target;
  projection: Projection;
  fixed: FixedParts;
  /** The tools of a request with the whole conversation, and of one in which something of it is left out. */
  offered: { whole: ToolDefinition[]; short: ToolDefinition[] };
  /** The shorter form that is in use; null when the model gets the whole conversation. */
  compaction: CompactionRow | null;
  /** Of this very request. */
  count: Count;
  /** Tokens that a request to this model may have. */
  room: number;
}

/** Of which a preview is made: rows that are not in the record yet, and a projection that leaves the thread's own alone. */
export interface ContextSource {
  transcript: readonly Message[];
  project: IncrementalProject;
}

/**
 * The form of a thread's conversation that a model gets, and its size. The one place that decides it: for a request, a
 * preview and the thread's view alike. `memory` must be fresh.
 */
export function contextFor(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  config: ModelConfig,
  source: ContextSource = memory,
): Context {
  const target = setup.models.target(config);
  const room = inputRoom(target, config.maxTokens);
  const parts = {
    setup,
    target,
    room,
    source,
    refusedThroughSeq: memory.refusedSeals.get(nameOf(target)) ?? -1,
    system: threadPrompt({ ...thread, modelConfig: config }, memory),
    offered: offeredTools(setup, thread, target, memory.skills.list.length > 0),
  };
  const compaction = newestOn(source.transcript, memory.compactions);
  if (!compaction) return whole(parts);
  if (isMeantFor(compaction, target) || memory.keptShort.has(`${compaction.id} ${nameOf(target)}`))
    return shortened(parts, memory, compaction);
  const all = whole(parts);
  if (all.count.tokens <= all.room) return all;
  // A conversation only grows: it never fits again, whatever later counts say, and its bytes must not flip.
  memory.keptShort.add(`${compaction.id} ${nameOf(target)}`);
  return shortened(parts, memory, compaction);
}

interface Parts {
  setup: AgentSetup;
  target: Target;
  room: number;
  source: ContextSource;
  refusedThroughSeq: number;
  system: string;
  offered: Context['offered'];
}

/** Whatever is counted: it was made because this model had no room, or for all of them. */
function isMeantFor({ scope, forModel }: CompactionRow, target: Target): boolean {
  return scope === 'always' || forModel === nameOf(target);
}

function whole({ setup, target, room, source, system, offered, refusedThroughSeq }: Parts): Context {
  const projection = source.project(source.transcript, target, '', refusedThroughSeq);
  const fixed = { system, tools: projection.results.shortened ? offered.short : offered.whole };
  const count = setup.tokens.count(projection.messages, target, fixed);
  return {
    target,
    projection,
    fixed,
    offered,
    compaction: null,
    count,
    room: roomForMessages(room, projection.messages, count.tokens, target),
  };
}

function shortened(
  { setup, target, room, source, system, offered, refusedThroughSeq }: Parts,
  memory: ThreadMemory,
  compaction: CompactionRow,
): Context {
  const canRecall = target.capabilities.tools;
  const view =
    source.transcript === memory.transcript
      ? memory.viewOf(compaction, canRecall)
      : compactedView(source.transcript, compaction, canRecall);
  const form = `${compaction.id} ${canRecall}`;
  const projection = source.project(view, target, form, refusedThroughSeq);
  const fixed = { system, tools: offered.short };
  const count = setup.tokens.count(projection.messages, target, fixed);
  return {
    target,
    projection,
    fixed,
    offered,
    compaction,
    count,
    room: roomForMessages(room, projection.messages, count.tokens, target),
  };
}

/** The whole conversation's size, where the model is given a shorter form. */
export function wholeCount(context: Context, setup: AgentSetup, source: ContextSource): Count {
  if (!context.compaction) return context.count;
  const { target } = context;
  const fixed = { ...context.fixed, tools: context.offered.whole };
  return setup.tokens.count(source.project(source.transcript, target).messages, target, fixed);
}

function offeredTools(
  setup: AgentSetup,
  thread: ThreadRow,
  target: Target,
  hasSkills: boolean,
): Context['offered'] {
  const facts = { threadId: thread.id, target, useMorph: thread.useMorph, hasSkills };
  return {
    whole: setup.tools.definitions({ ...facts, isCompacted: false }),
    short: setup.tools.definitions({ ...facts, isCompacted: true }),
  };
}
