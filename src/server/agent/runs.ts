import { Command, isInterrupted } from '@langchain/langgraph';
import { CrosspointError } from '#protocol/errors.ts';
import type { RunRow } from '#server/store/store.ts';
import { finishRun, type RunEnd } from './finish-run.ts';
import { createGraph, type AgentGraph, type ReviewOutcome } from './graph.ts';
import { initialState } from './initial-state.ts';
import type { AgentSetup } from './parts.ts';
import { ThreadMemories } from './thread-memory.ts';
import { Turn } from './turn.ts';
import { prepareWorkspace } from './workspace.ts';

/** LangGraph's own limit, far above ours, so that ours decides. */
const recursionLimit = 10_000;

type GraphInput = Parameters<AgentGraph['invoke']>[0];

interface ActiveRun {
  runId: string;
  stop: AbortController;
  done: Promise<void>;
}

/** The runs of this process: what was committed as started is carried out here, one run per thread. */
export class Runs {
  readonly memories = new ThreadMemories();
  readonly #setup: AgentSetup;
  readonly #graph: AgentGraph;
  readonly #active = new Map<string, ActiveRun>();

  constructor(setup: AgentSetup) {
    this.#setup = setup;
    this.#graph = createGraph(setup);
  }

  /** Begins a run whose row and first events are committed. Never throws; how it ends is in its last event. */
  launch(run: RunRow, resume?: ReviewOutcome): void {
    const stop = new AbortController();
    const turn = new Turn(this.#setup, run, this.memories.of(run.threadId), {
      signal: stop.signal,
      approved: resume?.run ?? [],
    });
    const done = this.#execute(turn, resume).finally(() => {
      if (this.#active.get(run.threadId)?.runId === run.id) this.#active.delete(run.threadId);
    });
    this.#active.set(run.threadId, { runId: run.id, stop, done });
  }

  /** Resolves when the run has ended; at once when it does not run here. */
  async settled(threadId: string, runId: string): Promise<void> {
    const active = this.#active.get(threadId);
    if (active?.runId === runId) await active.done;
  }

  /** Stops the thread's run and waits for its end. False when none runs here. */
  async stop(threadId: string, ending: 'cancelled' | 'interrupted'): Promise<boolean> {
    const active = this.#active.get(threadId);
    if (!active) return false;
    active.stop.abort(ending);
    await active.done;
    return true;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#active.keys()].map((threadId) => this.stop(threadId, 'interrupted')));
  }

  async #execute(turn: Turn, resume?: ReviewOutcome): Promise<void> {
    const end = await this.#runGraph(turn, resume);
    this.#setup.point('run.before_finish');
    const finished = await finishRun(this.#setup, turn, end);
    if (turn.hasChanged) void this.#save(turn);
    if (turn.hasChanged) void turn.tellOfChange().catch(() => undefined);
    this.#setup.point('run.finished');
    if (finished && end.status !== 'awaiting_review') await this.#dropCheckpoint(turn.run.turnId);
  }

  async #runGraph(turn: Turn, resume?: ReviewOutcome): Promise<RunEnd> {
    try {
      await prepareWorkspace(this.#setup, turn);
      const result: unknown = await this.#graph.invoke(await this.#input(turn, resume), configOf(turn));
      if (turn.signal.aborted) return stopped(turn);
      return { status: isInterrupted(result) ? 'awaiting_review' : 'done' };
    } catch (cause) {
      if (turn.signal.aborted) return stopped(turn);
      return this.#failed(turn, cause);
    }
  }

  /** Resumes the interrupt by its id. Without a checkpoint the turn goes on from our own tables. */
  async #input(turn: Turn, resume?: ReviewOutcome): Promise<GraphInput> {
    if (resume) {
      const state = await this.#graph.getState({ configurable: { thread_id: turn.run.turnId } });
      const id = state.tasks.flatMap((task) => task.interrupts)[0]?.id;
      if (id) return new Command({ resume: { [id]: resume } });
    }
    return initialState(this.#setup, turn, await turn.thread());
  }

  #failed(turn: Turn, cause: unknown): RunEnd {
    if (cause instanceof CrosspointError) return { status: 'error', code: cause.code, error: cause.message };
    const reference = turn.run.id;
    this.#setup.logger.error({ reference, threadId: turn.threadId, cause }, 'a run failed');
    const { code, message } = new CrosspointError('internal', { reference });
    return { status: 'error', code, error: message };
  }

  /** Beside what comes next: a sandbox whose files can be lost with it has been saved with each call. */
  async #save(turn: Turn): Promise<void> {
    try {
      await this.#setup.workspaces.save(await turn.thread(), 'turn');
    } catch (cause) {
      this.#setup.logger.warn({ threadId: turn.threadId, cause }, 'the files of a turn were not saved');
    }
  }

  async #dropCheckpoint(turnId: string): Promise<void> {
    try {
      await this.#setup.checkpointer.deleteThread(turnId);
    } catch (cause) {
      this.#setup.logger.warn({ turnId, cause }, 'a checkpoint could not be deleted');
    }
  }
}

/** `sync`: each step is on disk before the next begins. */
function configOf(turn: Turn) {
  return {
    configurable: { thread_id: turn.run.turnId },
    context: { turn },
    durability: 'sync' as const,
    recursionLimit,
  };
}

function stopped(turn: Turn): RunEnd {
  return turn.signal.reason === 'interrupted' ? interruptedEnd() : { status: 'cancelled' };
}

export function interruptedEnd(): RunEnd {
  const { code, message } = new CrosspointError('interrupted');
  return { status: 'interrupted', code, error: message };
}
