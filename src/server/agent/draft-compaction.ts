import { CrosspointError } from '#protocol/errors.ts';
import type { Compaction, CompactionMethod, CompactionScope } from '#protocol/compaction.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { Message } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { CompactionRow, ThreadRow } from '#server/store/store.ts';
import { planFor, sizesFor, type PlannedCompaction } from './compaction-plan.ts';
import { contextFor, wholeCount, type Context } from './context.ts';
import type { CompactionSizes } from './handoff/compaction-sizes.ts';
import { compactedView, newestOn } from './handoff/compaction.ts';
import { outlineWithin } from './handoff/outline.ts';
import { project } from './handoff/project.ts';
import { nameOf } from './handoff/receipt.ts';
import { newId } from './ids.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import type { ThreadMemory } from './thread-memory.ts';
import { writeSummary } from './write-summary.ts';

export interface CompactionOrder {
  thread: ThreadRow;
  /** Fresh. */
  memory: ThreadMemory;
  /** Whose window it is for. */
  forConfig: ModelConfig;
  writer: ModelConfig;
  /** null: a summary, and an outline when the writer fails. */
  method: CompactionMethod | null;
  /** null: `when_needed` when the conversation does not fit, else `always`. */
  scope: CompactionScope | null;
  by: CompactionRow['by'];
  /** That model's provider said that the conversation does not fit. */
  wasRefused: boolean;
  runId: string | null;
  signal: AbortSignal;
}

export interface CompactionDraft {
  row: CompactionRow;
  /** Why it is an outline although a summary was wanted. */
  writerFailure: CrosspointError | null;
}

/** Failures that are the person's own limit or wish: nothing takes their place. */
const final = new Set(['budget_reached', 'interrupted']);

/**
 * A shorter form of a thread's conversation, not recorded yet. Tried once: what would not be small enough is no draft.
 * @throws `compaction_did_not_shrink`, `nothing_to_compact`, `budget_reached`; with `method: 'summary'` also what the
 * writer fails with; an `AbortError` after `signal`
 */
export async function draftCompaction(setup: AgentSetup, order: CompactionOrder): Promise<CompactionDraft> {
  const { thread, memory, forConfig, method } = order;
  const source = { transcript: memory.transcript, project: memory.preview };
  const context = contextFor(setup, thread, memory, forConfig, source);
  const sizes = sizesFor(setup, context, order.wasRefused);
  const planned = planFor(setup, memory.transcript, context, sizes);
  if (!planned) throw tooLarge(context, sizes);
  const draft = new Draft(setup, order, context, sizes, planned, wholeCount(context, setup, source).tokens);
  if (method === 'outline' || !planned.covered.length) return { row: draft.outlined(), writerFailure: null };
  try {
    return { row: await draft.summarised(), writerFailure: null };
  } catch (cause) {
    if (!(cause instanceof CrosspointError) || method === 'summary' || final.has(cause.code)) throw cause;
    order.signal.throwIfAborted();
    return { row: draft.outlined(), writerFailure: cause };
  }
}

function tooLarge({ target, count }: Context, { isNeeded, room }: CompactionSizes): CrosspointError {
  if (!isNeeded) return new CrosspointError('nothing_to_compact');
  const why = `even the newest message alone, with the instructions and the tools, would need more than the ${Math.max(0, Math.floor(room))} tokens that are free beside the answer (the conversation has ${count.tokens}).`;
  return new CrosspointError('compaction_did_not_shrink', { model: nameOf(target), why });
}

class Draft {
  readonly #setup: AgentSetup;
  readonly #order: CompactionOrder;
  readonly #context: Context;
  readonly #sizes: CompactionSizes;
  readonly #plan: PlannedCompaction;
  readonly #whole: number;
  readonly #before: CompactionRow | null;

  constructor(
    setup: AgentSetup,
    order: CompactionOrder,
    context: Context,
    sizes: CompactionSizes,
    plan: PlannedCompaction,
    whole: number,
  ) {
    this.#setup = setup;
    this.#order = order;
    this.#context = context;
    this.#sizes = sizes;
    this.#plan = plan;
    this.#whole = whole;
    this.#before = this.#olderSummary();
  }

  async summarised(): Promise<CompactionRow> {
    const { thread, writer, runId, signal } = this.#order;
    const { text, costUsd } = await writeSummary(this.#setup, {
      thread,
      writer,
      messages: this.#uncovered(),
      before: this.#before?.text ?? '',
      tokens: this.#plan.textTokens,
      writerRoom: modelName(writer) === nameOf(this.#context.target) ? this.#sizes.room : Infinity,
      runId,
      signal,
    });
    return this.#checked({ method: 'summary', writtenBy: modelName(writer), text, costUsd });
  }

  outlined(): CompactionRow {
    const { target } = this.#context;
    const size = (text: string) => this.#setup.tokens.textTokens(text, target);
    const text = this.#plan.covered.length
      ? outlineWithin(this.#uncovered(), this.#plan.textTokens, size, this.#before?.text)
      : '';
    return this.#checked({ method: 'outline', writtenBy: null, text, costUsd: 0 });
  }

  /** What was summarised before is not read again: its summary is taken up. An outline is made anew from the record. */
  #olderSummary(): CompactionRow | null {
    const newest = newestOn(this.#order.memory.transcript, this.#order.memory.compactions);
    const counts = newest?.method === 'summary' && newest.throughSeq <= this.#plan.throughSeq;
    return counts ? newest : null;
  }

  #uncovered(): Message[] {
    const through = this.#before?.throughSeq ?? -1;
    return this.#plan.covered.filter(({ seq }) => seq > through);
  }

  #checked(made: Pick<CompactionRow, 'method' | 'writtenBy' | 'text' | 'costUsd'>): CompactionRow {
    const { thread, memory, scope, by } = this.#order;
    const { target, room } = this.#context;
    const isNeeded = this.#sizes.isNeeded || this.#whole > room;
    const row: CompactionRow = {
      id: newId('compaction'),
      threadId: thread.id,
      branchId: thread.branch,
      throughSeq: this.#plan.throughSeq,
      scope: scope ?? (isNeeded ? 'when_needed' : 'always'),
      by,
      forModel: isNeeded ? nameOf(target) : null,
      limits: this.#plan.limits,
      tokensBefore: this.#whole,
      tokensAfter: 0,
      createdAt: new Date().toISOString(),
      ...made,
    };
    row.tokensAfter = sizeOf(this.#setup, this.#context, memory.transcript, row);
    if (row.tokensAfter > this.#sizes.room || row.tokensAfter >= this.#context.count.tokens)
      throw this.#sizes.isNeeded ? this.#didNotShrink(row) : new CrosspointError('nothing_to_compact');
    return row;
  }

  #didNotShrink({ tokensAfter }: CompactionRow): CrosspointError {
    const why = `it would have about ${tokensAfter} tokens, and ${Math.floor(this.#sizes.room)} are free beside the answer.`;
    return new CrosspointError('compaction_did_not_shrink', { model: nameOf(this.#context.target), why });
  }
}

/** Tokens of the request to a target in which the row is in use. */
export function sizeOf(
  setup: AgentSetup,
  { target, fixed, offered }: Pick<Context, 'target' | 'fixed' | 'offered'>,
  transcript: readonly Message[],
  row: CompactionRow,
): number {
  const { messages } = project(compactedView(transcript, row, target.capabilities.tools), target);
  return setup.tokens.count(messages, target, { ...fixed, tools: offered.short }).tokens;
}

/** What is told of it, and why it is an outline where a summary was wanted. */
export function draftEvents({ row, writerFailure }: CompactionDraft): NewEvent[] {
  const event: NewEvent = { type: 'context.compacted', data: { compaction: shownCompaction(row) } };
  if (!writerFailure) return [event];
  const message = `No summary was written: ${writerFailure.message} An outline by rule takes its place.`;
  return [{ type: 'notice', data: { code: 'compaction_writer_failed', message } }, event];
}

/** Without what only requests need. */
export function shownCompaction({ forModel: _for, limits: _limits, ...shown }: CompactionRow): Compaction {
  return shown;
}
