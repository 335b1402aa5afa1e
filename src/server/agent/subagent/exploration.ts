import { CrosspointError } from '#protocol/errors.ts';
import type { ToolResultPart } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SubagentRun } from '#protocol/subagent.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type {
  Gateway,
  ModelRequest,
  ModelStreamEvent,
  PartialAnswer,
  Target,
} from '#server/gateway/types.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { Store, ThreadRow } from '#server/store/store.ts';
import { assertWithinBudget } from '../budget.ts';
import { isCurable } from '../curable.ts';
import { answerLimit } from '../handoff/fit.ts';
import { createIncrementalProject } from '../handoff/project.ts';
import type { CallContext, Tool } from '../tools/tool.ts';
import { Toolbox } from '../tools/toolbox.ts';
import { answerNow, subagentPrompt } from './prompt.ts';
import { readCall } from './read-calls.ts';
import { SubagentTranscript } from './transcript.ts';

export interface ExplorationLimits {
  /** Requests to models. */
  requests: number;
  /** Tokens that are sent and written in all of them; one more request may go over it. */
  tokens: number;
  /** Calls that are taken from one answer. */
  callsPerAnswer: number;
  /** Milliseconds. */
  time: number;
}

export interface ExplorationParts {
  store: Store;
  gateway: Gateway;
  models: ModelManager;
  tools: readonly Tool[];
  limits: ExplorationLimits;
}

export interface ExplorationOrder {
  task: string;
  thread: ThreadRow;
  /** Who is asked, and who takes over, once, where that one fails. */
  models: readonly ModelConfig[];
  context: CallContext;
  signal: AbortSignal;
}

type Finished = Extract<ModelStreamEvent, { type: 'finished' }>;

/** One subagent at work: its own loop of requests and reading calls, through the gateway and on the thread's ledger. */
export class Exploration {
  /** What it did, one line each. */
  readonly lines: string[] = [];
  readonly #parts: ExplorationParts;
  readonly #order: ExplorationOrder;
  readonly #toolbox: Toolbox;
  readonly #transcript: SubagentTranscript;
  readonly #project = createIncrementalProject();
  readonly #waiting: ModelConfig[];
  #config: ModelConfig;
  #run: Omit<SubagentRun, 'model'> = { requests: 0, calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };

  constructor(parts: ExplorationParts, order: ExplorationOrder) {
    this.#parts = parts;
    this.#order = order;
    this.#toolbox = new Toolbox(parts.tools);
    this.#transcript = new SubagentTranscript(order.context.call, order.task);
    [this.#config = order.thread.modelConfig, ...this.#waiting] = order.models;
  }

  /** So far. */
  get run(): SubagentRun {
    return { ...this.#run, model: `${this.#config.provider}/${this.#config.model}` };
  }

  /** @returns its answer; @throws what the gateway throws, `budget_reached`, and the reason of the signal */
  async answer(): Promise<string> {
    const { requests, tokens } = this.#parts.limits;
    for (;;) {
      const { requests: made, inputTokens, outputTokens } = this.#run;
      const isLast = made >= requests - 1 || inputTokens + outputTokens >= tokens;
      if (isLast) this.#transcript.say(answerNow);
      const { parts, reason } = await this.#askOrGoOn(isLast);
      const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const calls = this.#transcript.answer(parts, this.#target());
      if (reason === 'refusal' || reason === 'content-filter')
        throw new CrosspointError('content_filtered', { provider: this.#config.provider });
      if (isLast || !calls.length) return reason === 'length' ? `${text}\n[The answer was cut here.]` : text;
      await this.#read(calls);
    }
  }

  #target(): Target {
    return this.#parts.models.target(this.#config);
  }

  /** Where a model fails for good, the next one goes on with what was read. */
  async #askOrGoOn(isLast: boolean): Promise<Finished> {
    try {
      return await this.#ask(isLast);
    } catch (cause) {
      const next = this.#waiting[0];
      if (this.#order.signal.aborted || !next || !isCurable(cause)) throw cause;
      this.#waiting.shift();
      this.#tell(`${this.run.model} failed (${cause.message}) ${next.provider}/${next.model} goes on.`);
      this.#config = next;
      return this.#ask(isLast);
    }
  }

  /** @throws the gateway's typed error, `budget_reached` */
  async #ask(isLast: boolean): Promise<Finished> {
    const { store, gateway, models } = this.#parts;
    await assertWithinBudget({ store }, this.#order.thread);
    models.assertUsable(this.#config);
    let finished: Finished | null = null;
    try {
      this.#run.requests += 1;
      for await (const event of gateway.stream(this.#request(isLast), this.#order.signal))
        if (event.type === 'finished') finished = event;
    } catch (cause) {
      this.#count(usageOf(cause));
      throw cause;
    }
    if (!finished) throw new CrosspointError('provider_stream_cut', { provider: this.#config.provider });
    this.#count(finished.usage);
    const isEmpty = finished.parts.every(
      (part) => part.type === 'reasoning' || (part.type === 'text' && !part.text.trim()),
    );
    if (isEmpty) throw new CrosspointError('provider_empty_answer', { provider: this.#config.provider });
    return finished;
  }

  #request(isLast: boolean): ModelRequest {
    const { thread } = this.#order;
    const target = this.#target();
    const { messages, suppressReasoning } = this.#project(this.#transcript.messages, target);
    const facts = { threadId: thread.id, target, useMorph: false, isCompacted: false };
    return {
      target,
      system: subagentPrompt,
      messages,
      tools: this.#toolbox.definitions(facts),
      ...(isLast ? { toolChoice: 'none' as const } : {}),
      settings: settingsOf(this.#config, target),
      ...(suppressReasoning ? { suppressReasoning } : {}),
      context: {
        userId: thread.userId,
        threadId: thread.id,
        runId: this.#order.context.call.runId,
        ...(thread.title ? { sessionName: thread.title } : {}),
        properties: { Purpose: 'explore' },
      },
    };
  }

  /** All calls of one answer at the same time; those beyond the limit are answered as not run. */
  async #read(calls: ReturnType<SubagentTranscript['answer']>): Promise<void> {
    const { context, signal } = this.#order;
    const most = this.#parts.limits.callsPerAnswer;
    const record = [...(await context.record()), ...this.#transcript.work];
    const own = {
      ...context,
      signal,
      onOutput: () => undefined,
      record: () => Promise.resolve(this.#transcript.messages),
    };
    const reading = calls.slice(0, most).map(async (call) => {
      const { result, line } = await readCall(this.#parts.tools, call, own, record);
      this.#run.calls += 1;
      this.#tell(line);
      return result;
    });
    for (const result of await Promise.all(reading)) this.#transcript.result(result);
    for (const call of calls.slice(most)) this.#transcript.result(notTaken(call, most));
  }

  #tell(line: string): void {
    this.lines.push(line);
    this.#order.context.onOutput('stdout', `${line}\n`);
  }

  #count(usage: UsageEntry | undefined): void {
    if (!usage) return;
    const { inputTokens, outputTokens, costUsd } = this.#run;
    this.#run = {
      ...this.#run,
      inputTokens: inputTokens + usage.inputTokens,
      outputTokens: outputTokens + usage.outputTokens,
      costUsd: costUsd === null || usage.costUsd === null ? null : costUsd + usage.costUsd,
    };
  }
}

function notTaken({ toolCallId, name }: { toolCallId: string; name: string }, most: number): ToolResultPart {
  const text = `Error: At most ${most} calls are taken from one message.`;
  return { type: 'tool-result', toolCallId, name, status: 'error', text };
}

/** A search needs little thought. */
function settingsOf(config: ModelConfig, target: Target): ModelRequest['settings'] {
  const { temperature, reasoningEffort, stream } = config;
  const effort = reasoningEffort ?? (target.capabilities.reasoning ? ('low' as const) : undefined);
  const limit = answerLimit(target, config.maxTokens);
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(limit === undefined ? {} : { maxTokens: limit }),
    ...(effort === undefined ? {} : { reasoningEffort: effort }),
    ...(stream === undefined ? {} : { stream }),
  };
}

function usageOf(cause: unknown): UsageEntry | undefined {
  if (!(cause instanceof Error) || typeof cause.cause !== 'object' || cause.cause === null) return undefined;
  return 'partial' in cause.cause ? (cause.cause.partial as PartialAnswer).usage : undefined;
}
