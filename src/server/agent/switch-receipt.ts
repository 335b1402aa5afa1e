import type { NeededCompaction } from '#protocol/compaction.ts';
import type { Message } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { planFor, sizesFor } from './compaction-plan.ts';
import { contextFor, wholeCount, type Context, type ContextSource } from './context.ts';
import { makeReceipt } from './handoff/receipt.ts';
import type { AgentSetup } from './parts.ts';
import { writersFor } from './summary-writers.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** What a switch to `to` would keep, convert and lose, and what it would cost. Changes nothing. */
export async function switchReceipt(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  to: ModelConfig,
): Promise<SwitchReceipt> {
  await setup.tokens.load();
  const source = await previewSource(setup, thread, memory);
  const context = contextFor(setup, thread, memory, to, source);
  // Not waited for: the next look is exact.
  void setup.tokens.prepare(context.target);
  const compaction = neededCompaction(setup, thread, context, source);
  return makeReceipt(source.transcript, setup.models.target(thread.modelConfig), context.target, {
    report: context.projection.report,
    count: context.count,
    ...(compaction ? { compaction } : {}),
  });
}

/** The conversation as it will be at the next request, with a projection of its own. */
async function previewSource(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
): Promise<ContextSource> {
  const transcript = await memory.refresh(setup.store);
  const answers = await answersToCome(setup, thread);
  return { transcript: answers.length ? [...transcript, ...answers] : transcript, project: memory.preview };
}

/** A call that waits for its review, or runs, is answered before the next request: it is no lost one. */
async function answersToCome(setup: AgentSetup, { id }: ThreadRow): Promise<Message[]> {
  const open = await setup.store.toolCalls.list(id, { open: true });
  return open.map(({ toolCallId, name, runId }, index) => ({
    id: `${toolCallId}-answer`,
    threadId: id,
    seq: Number.MAX_SAFE_INTEGER - open.length + index,
    runId,
    role: 'tool',
    parts: [{ type: 'tool-result', toolCallId, name, status: 'not_run', text: '(not known yet)' }],
    status: 'complete',
    createdAt: '',
  }));
}

/** Nothing where the model gets what everybody gets, and has room for it. */
function neededCompaction(
  setup: AgentSetup,
  thread: ThreadRow,
  context: Context,
  source: ContextSource,
): NeededCompaction | null {
  const { target, compaction, count, room } = context;
  const fits = count.tokens <= room;
  if (fits && (!compaction || compaction.scope === 'always')) return null;
  const whole = wholeCount(context, setup, source);
  const why =
    whole.tokens > room
      ? `The conversation needs about ${whole.tokens} tokens; ${target.model} has room for ${Math.max(0, room)} beside its answer.`
      : `${target.model} refused the whole conversation as too long.`;
  if (fits) return { needed: true, why, available: true, tokensAfter: count.tokens, writers: [] };
  const planned = planFor(setup, source.transcript, context, sizesFor(setup, context));
  const writers = writersFor(setup, thread, target, {
    read: Math.max(0, whole.tokens - (planned?.tokensAfter ?? 0)),
    write: planned?.textTokens ?? 0,
  });
  return {
    needed: true,
    why,
    available: false,
    ...(planned ? { tokensAfter: planned.tokensAfter } : {}),
    writers,
  };
}
