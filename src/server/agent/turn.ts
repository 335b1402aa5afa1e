import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { FileDiff } from '#protocol/review.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { RunRow, StoreTables, ThreadRow } from '#server/store/store.ts';
import type { OwnChanges } from './approved-change.ts';
import type { AgentSetup } from './parts.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** A call with a decision: what runs is `args`, the text whose hash the decision holds. */
export interface ApprovedCall {
  toolCallId: string;
  name: string;
  args: string;
  argsHash: string;
  /** A person changed the arguments; the model must be told. */
  edited: boolean;
}

/** One run of a thread, as the nodes of the graph see it. Every write goes through `commit`, under the run's lease. */
export class Turn {
  readonly run: RunRow;
  readonly memory: ThreadMemory;
  /** Aborts when a person or a shutdown stops the run. Never the graph's own signal: a stop keeps partial text. */
  readonly signal: AbortSignal;
  /** Calls that were approved while no checkpoint was there to resume. */
  readonly approved: readonly ApprovedCall[];
  /** Of the calls that this run proposed, by call id: for the review that it ends with. */
  readonly diffs = new Map<string, FileDiff>();
  /** Pairs of asked and served model that this run has told of. */
  readonly toldMismatches = new Set<string>();
  /** What its calls have made of files. */
  readonly own: OwnChanges = new Map();
  /** A call has changed files, or may have where nobody knows. */
  hasChanged = false;
  readonly #setup: AgentSetup;
  #sandbox: Promise<Sandbox> | null = null;
  #opened: ThreadRow | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    setup: AgentSetup,
    run: RunRow,
    memory: ThreadMemory,
    options: { signal: AbortSignal; approved: readonly ApprovedCall[] },
  ) {
    this.#setup = setup;
    this.run = run;
    this.memory = memory;
    this.signal = options.signal;
    this.approved = options.approved;
  }

  get threadId(): string {
    return this.run.threadId;
  }

  /** Appends events and rows in one transaction. @throws `interrupted` when another run has taken the thread (I7). */
  commit(events: NewEvent[], work?: (store: StoreTables) => Promise<void>): Promise<ThreadEvent[]> {
    const owner = { runId: this.run.id, fencingToken: this.run.fencingToken };
    return this.#setup.log.commit(this.run.threadId, events, work, owner);
  }

  /** Waits for the one before it; when that failed, which ends the run, it does not begin. */
  oneByOne<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work);
    this.#last = mine;
    return mine;
  }

  /** The thread as it is now: the model and its settings are read once for each provider request. */
  async thread(): Promise<ThreadRow> {
    const thread = await this.#setup.store.threads.get(this.run.userId, this.run.threadId);
    if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
    return thread;
  }

  /** Opened on first use, once per run; a failure is not remembered, so that the next call tries again. */
  sandbox(): Promise<Sandbox> {
    this.#sandbox ??= this.#open().catch((cause: unknown) => {
      this.#sandbox = null;
      throw cause;
    });
    return this.#sandbox;
  }

  /** Files were changed: who follows them is told, if a sandbox is open. */
  async tellOfChange(): Promise<void> {
    const sandbox = await this.#sandbox;
    if (sandbox && this.#opened) this.#setup.onWorkspaceUse(this.#opened.sandboxId, sandbox);
  }

  /** It was found to be lost: whoever needs one next finds out how it is. */
  loseSandbox(): void {
    this.#sandbox = null;
    if (this.#opened) this.#setup.workspaces.doubt(this.#opened);
  }

  async #open(): Promise<Sandbox> {
    this.#opened = await this.thread();
    const sandbox = await this.#setup.workspaces.open(this.#opened);
    this.#setup.onWorkspaceUse(this.#opened.sandboxId, sandbox);
    return sandbox;
  }
}
