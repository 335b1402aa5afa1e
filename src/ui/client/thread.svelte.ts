import type { ThreadEvent } from '#protocol/events.ts';
import type { CompactionView } from '#protocol/compaction.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { Approval, ApprovalMode } from '#protocol/review.ts';
import { planAfter } from '#protocol/plan.ts';
import type { ThreadView } from '#protocol/thread.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import { ApiError, type Api, type CompactCommand, type ThreadChange } from './api.ts';
import { blocksOf } from './blocks.ts';
import { EventStream, type Connection } from './event-stream.ts';
import { configOf, idOf } from './model-search.ts';
import { ThreadSettings } from './thread-settings.svelte.ts';
import { applyEvent, findCall } from './timeline-events.ts';
import { parseArguments, showResults, timelineOf, type Timeline } from './timeline.ts';

export interface ThreadHooks {
  onChange: () => void;
  onUsage: (usage: UsageEntry) => void;
  /** A person chose another model than the present one; both as `provider/model`. */
  onChosen: (model: string, instead: string) => void;
}

/** One open thread: loaded once, then kept true by its events. */
export class Thread extends ThreadSettings {
  readonly id: string;
  timeline = $state<Timeline | null>(null);
  contextWindow = $state<number | null>(null);
  /** What stands for the beginning of the conversation, for models that it does not fit, or for all. */
  compaction = $state.raw<CompactionView | null>(null);
  connection = $state<Connection>('connecting');
  /** Why the last command was refused; shown at the composer until the next one. */
  refusal = $state<ApiError | null>(null);
  /** Why the thread could not be opened. */
  loadError = $state<ApiError | null>(null);
  /** Counts up when files may be others than they were. */
  workspaceVersion = $state(0);
  /** A command is on its way: the review's buttons and the composer wait for it. */
  sending = $state(false);

  readonly #reviewed = $derived(new Set(this.timeline?.review?.toolCalls.map(({ id }) => id)));
  readonly blocks = $derived(this.timeline ? blocksOf(this.timeline.entries, this.#reviewed) : []);
  /** The agent's list of steps, as what is shown says it last. */
  readonly plan = $derived(
    planAfter(this.timeline?.entries.flatMap((entry) => (entry.kind === 'answer' ? entry.calls : [])) ?? []),
  );
  readonly isRunning = $derived(this.timeline?.activity != null);
  readonly model = $derived(`${this.modelConfig.provider}/${this.modelConfig.model}`);
  /** When a switch that is made now applies; empty for at once. */
  readonly applies = $derived.by(() => {
    if (this.timeline?.review) return 'when you answer the review';
    return this.isRunning ? 'from the next request' : '';
  });
  /** Whose request runs, or waits for its review. */
  readonly #working = $derived(
    this.timeline?.activity?.model ?? this.timeline?.review?.currentState.model ?? this.model,
  );
  /** When the chosen model applies, while another one is at work; otherwise empty. */
  readonly pending = $derived(this.#working === this.model ? '' : this.applies);
  /** What this thread was switched from; what a person used before, where it was never switched. */
  readonly previousModel = $derived.by(() => {
    const notes =
      this.timeline?.entries.flatMap((entry) => (entry.kind === 'note' ? [entry.note] : [])) ?? [];
    const last = notes.findLast((note) => note.type === 'switched' && note.from !== this.model);
    return last?.type === 'switched' ? (last.fromConfig ?? configOf(last.from)) : null;
  });
  /** A branch can be taken when nothing runs and nothing waits. */
  readonly canBranch = $derived(!this.isRunning && !this.timeline?.review);

  readonly #api: Api;
  readonly #hooks: ThreadHooks;
  #stream: EventStream | null = null;
  #closed = false;
  #loads = 0;
  #readingResults: Promise<void> | null = null;

  constructor(id: string, api: Api, hooks: ThreadHooks) {
    super();
    this.id = id;
    this.#api = api;
    this.#hooks = hooks;
  }

  async open(): Promise<void> {
    const load = (this.#loads += 1);
    try {
      const view = await this.#api.thread(this.id);
      // A newer look has begun: this one may be older than what it will show.
      if (load === this.#loads) this.#show(view);
    } catch (cause) {
      this.loadError = asApiError(cause);
    }
  }

  close(): void {
    this.#closed = true;
    this.#stream?.close();
  }

  #show(view: ThreadView): void {
    if (this.#closed) return;
    this.loadError = null;
    this.showSettings(view);
    this.contextWindow = view.contextWindow;
    this.compaction = view.compaction;
    this.timeline = timelineOf(view);
    this.#stream?.close();
    this.#stream = new EventStream(
      this.id,
      view.replayAfter ?? view.lastEventId,
      (event) => this.#apply(event),
      (connection) => this.#connected(connection),
    );
  }

  /** While nobody answered, what was looked up failed. */
  #connected(connection: Connection): void {
    if (connection === 'live' && this.connection === 'lost') this.workspaceVersion += 1;
    this.connection = connection;
  }

  #apply(event: ThreadEvent): void {
    if (!this.timeline) return;
    const isNew = event.id > this.timeline.lastEventId;
    // A message that was sent from another tab, or another answer: the record has it, the event not.
    if (applyEvent(this.timeline, event) === 'load_again') return void this.open();
    if (!isNew) return;
    if (changesFiles(event)) this.workspaceVersion += 1;
    if (event.type === 'model.switched') this.modelConfig = this.#configOf(event.data.to);
    if (event.type === 'model.finished') this.#hooks.onUsage(event.data.usage);
    if (event.type.startsWith('context.') || (event.type === 'model.switched' && this.compaction))
      void this.#showCompaction();
    if (event.type === 'workspace.rewound') void this.#showUndone();
    if (event.type === 'tool.finished') void this.#showEdited(event.data.toolCallId);
    if (['run.started', 'run.finished', 'review.requested', 'model.switched'].includes(event.type))
      this.#hooks.onChange();
  }

  /** Which steps are taken back now, the event does not say. */
  async #showUndone(): Promise<void> {
    const view = await this.#api.thread(this.id).catch(() => null);
    for (const { toolCallId, undone } of view?.toolCalls ?? []) {
      const call = this.timeline && findCall(this.timeline, toolCallId);
      if (call) call.undone = undone ?? false;
    }
  }

  /** Settings belong to a model: those of the previous one do not follow, those of the chain come with it. */
  #configOf(id: string): ModelConfig {
    const known = [this.modelConfig, ...this.fallbackModels].find((config) => idOf(config) === id);
    return known ?? configOf(id);
  }

  /** Which one is used now, and what a request takes with it, is counted by the server. */
  async #showCompaction(): Promise<void> {
    const view = await this.#api.thread(this.id).catch(() => null);
    if (!view || !this.timeline) return;
    this.compaction = view.compaction;
    this.timeline.contextTokens = view.contextTokens;
  }

  /** What a person made of a call is in the record only; the proposal must not stand for it. */
  async #showEdited(toolCallId: string): Promise<void> {
    const call = this.timeline && findCall(this.timeline, toolCallId);
    if (call?.decision?.action !== 'edit' || call.status === 'not_run') return;
    delete call.diff;
    const view = await this.#api.thread(this.id).catch(() => null);
    const stored = view?.toolCalls.find((other) => other.toolCallId === toolCallId);
    if (stored) call.args = parseArguments(stored.args);
  }

  /** What the calls gave that ended since the thread was loaded. */
  readResults(): Promise<void> {
    const look = async () => {
      const view = await this.#api.thread(this.id).catch(() => null);
      if (view && this.timeline) showResults(this.timeline, view);
    };
    return (this.#readingResults ??= look().finally(() => (this.#readingResults = null)));
  }

  /** Sends a message; shown at once, taken back when it is refused. False when it was refused. */
  async send(text: string): Promise<boolean> {
    const timeline = this.timeline;
    if (!timeline) return false;
    const clientMessageId = crypto.randomUUID();
    timeline.entries.push({
      kind: 'user',
      key: clientMessageId,
      messageId: null,
      text,
      images: [],
      at: new Date().toISOString(),
    });
    const sent = await this.#command(() =>
      this.#api.sendMessage({ threadId: this.id, message: text, clientMessageId }),
    );
    if (!sent)
      timeline.entries = timeline.entries.filter(
        (entry) => entry.key !== clientMessageId || (entry.kind === 'user' && entry.messageId !== null),
      );
    return sent;
  }

  async decide(approval: Approval): Promise<boolean> {
    const review = this.timeline?.review;
    if (!review) return false;
    const sent = await this.#command(() => this.#api.decide(this.id, review.runId, approval));
    // Decided elsewhere, or changed: what is shown is not what is.
    if (!sent && this.refusal?.status === 409) await this.open();
    return sent;
  }

  /** Nothing runs; the model gets the words instead of results. */
  decideWithWords = (words: string) => this.decide({ action: 'edit', edits: words });

  /** Nothing runs; the other model goes on with the same conversation. */
  decideWithModel = (newModelConfig: ModelConfig) => {
    this.#choose(newModelConfig);
    return this.decide({ action: 'change_model', newModelConfig });
  };

  /** A new answer to this message, or instead of this one; what was there stays and can be gone back to. */
  answerAgain = (messageId: string, modelConfig: ModelConfig) => {
    this.#choose(modelConfig);
    return this.#command(() =>
      this.#api.answerAgain(this.id, { messageId, modelConfig, clientMessageId: crypto.randomUUID() }),
    );
  };

  moveTo = (branchId: number) => this.#change({ branchId });
  compact = (command: CompactCommand) => this.#command(() => this.#api.compact(this.id, command));
  editCompaction = (text: string) => this.#command(() => this.#api.editCompaction(this.id, text));
  useWholeConversation = () => this.#command(() => this.#api.removeCompaction(this.id));

  stop = () => this.#command(() => this.#api.cancel(this.id));
  rename = (title: string) => this.#change({ title });
  setMode = (approvalMode: ApprovalMode) => this.#change({ approvalMode });
  setBudget = (budgetUsd: number | null) => this.#change({ budgetUsd });
  setFallbackModels = (fallbackModels: ModelConfig[]) => this.#change({ fallbackModels });
  setAutoCompact = (autoCompact: boolean) => this.#change({ autoCompact });
  setCompactionModel = (compactionModel: ModelConfig | null) => this.#change({ compactionModel });
  setSubagentModel = (subagentModel: ModelConfig | null) => this.#change({ subagentModel });
  setCacheAnswers = (cacheAnswers: boolean) => this.#change({ cacheAnswers });
  setUseMorph = (useMorph: boolean) => this.#change({ useMorph });
  setPauseOnMismatch = (pauseOnMismatch: boolean) => this.#change({ pauseOnMismatch });
  /** Applies from the next request to a model on, also within a running run. */
  switchTo = (modelConfig: ModelConfig) => {
    this.#choose(modelConfig);
    return this.#change({ modelConfig });
  };

  #choose(config: ModelConfig): void {
    if (idOf(config) !== this.model) this.#hooks.onChosen(idOf(config), this.model);
  }

  async #change(change: ThreadChange): Promise<boolean> {
    return this.#command(async () => {
      this.showSettings(await this.#api.changeThread(this.id, change));
      this.#hooks.onChange();
    });
  }

  async #command(work: () => Promise<unknown>): Promise<boolean> {
    this.sending = true;
    this.refusal = null;
    try {
      await work();
      return true;
    } catch (cause) {
      this.refusal = asApiError(cause);
      return false;
    } finally {
      this.sending = false;
    }
  }
}

/** Not every sandbox can say what changed: after a call, something may have. */
function changesFiles({ type }: ThreadEvent): boolean {
  return (
    type === 'tool.finished' ||
    type === 'run.finished' ||
    type.startsWith('workspace.') ||
    type.startsWith('sandbox.')
  );
}

export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError(0, 'page', cause instanceof Error ? cause.message : String(cause));
}
