import type { Message, SeenFile } from '#protocol/message.ts';
import { commonSeq, pathTo } from '#server/store/branch-path.ts';
import type { CompactionRow, Path, StoreTables } from '#server/store/store.ts';
import { GrowingView } from './handoff/compaction.ts';
import { createIncrementalProject } from './handoff/project.ts';
import { callsOf } from './handoff/tool-results.ts';
import { FolderRulesReader } from './instructions/folder-rules.ts';
import type { Instructions } from './instructions/project-instructions.ts';
import { SeenFiles } from './seen-files.ts';
import { noSkills, type Skills } from './skills/read-skills.ts';

/** Forms of one conversation that are in use at the same time: of its newest compaction, for models with tools and without. */
const keptViews = 4;

/**
 * What one active thread keeps between requests, so that a step costs the same at turn 800 as at turn 5. It can be
 * thrown away at any time: everything in it comes from the store and the workspace.
 */
export class ThreadMemory {
  /**
   * Of the active branch. Grows in place, and changes otherwise only when the thread goes on in another branch, where what
   * both have in common stays: the projection is cached by the identity of the messages.
   */
  readonly transcript: Message[] = [];
  /** Of the whole thread: a call's id is not given twice, on whatever branch. */
  readonly callIds = new Set<string>();
  readonly project = createIncrementalProject();
  /** For looking at what other models would get: none of it takes the place of what the thread's own model gets. */
  readonly preview = createIncrementalProject(8);
  /** Shorter forms of the conversation that count, oldest first; of all branches. */
  compactions: readonly CompactionRow[] = [];
  /** Pairs of compaction and model for which the whole conversation was once too long. */
  readonly keptShort = new Set<string>();
  /** By model, the last message whose seals its provider refused to take back. */
  readonly refusedSeals = new Map<string, number>();
  /** Somebody writes one right now; aborts it. */
  compacting: AbortController | null = null;
  instructions: Instructions | null = null;
  skills: Skills = noSkills;
  readonly folderRules = new FolderRulesReader();
  readonly #threadId: string;
  readonly #seenFiles = new SeenFiles();
  readonly #views = new Map<string, GrowingView>();
  readonly #fixed: Path | null;
  #path: Path = [];

  /** @param path what it holds, in place of the active branch: what a branch would begin with */
  constructor(threadId: string, path: Path | null = null) {
    this.#threadId = threadId;
    this.#fixed = path;
  }

  /** Of the rows in `transcript`. */
  get path(): Path {
    return this.#path;
  }

  /** The last row that the branch has from its parent; 0 for the branch that began with the thread. */
  get forkSeq(): number {
    return this.#path.at(-2)?.throughSeq ?? 0;
  }

  /** What a model gets in place of the whole conversation; grows with it. */
  viewOf(compaction: CompactionRow, canRecall: boolean): readonly Message[] {
    const key = `${compaction.id} ${canRecall}`;
    const view = this.#views.get(key) ?? new GrowingView(compaction, canRecall);
    if (!this.#views.has(key) && this.#views.size >= keptViews) this.#views.clear();
    this.#views.set(key, view);
    return view.of(this.transcript);
  }

  /** The newest state of a file that was shown to the model, or that a call left behind. */
  async seen(store: StoreTables, path: string): Promise<SeenFile | null> {
    return this.#seenFiles.of(await this.refresh(store), path);
  }

  /** Reads the rows that were committed since the last time, in their order. */
  async refresh(store: StoreTables): Promise<readonly Message[]> {
    await this.#follow(store);
    const path = this.#path;
    const afterSeq = this.transcript.at(-1)?.seq ?? 0;
    const fresh = await store.messages.list(this.#threadId, { afterSeq, path });
    // Moved while the rows were read: they are not of this branch any more.
    if (path !== this.#path) return this.refresh(store);
    this.compactions = await store.compactions.list(this.#threadId);
    for (const message of fresh) {
      if (message.seq <= (this.transcript.at(-1)?.seq ?? 0)) continue;
      this.transcript.push(message);
      for (const call of callsOf(message)) this.callIds.add(call.toolCallId);
    }
    return this.transcript;
  }

  /** Goes to the active branch: what is not on its path is forgotten. */
  async #follow(store: StoreTables): Promise<void> {
    const active = this.#fixed?.at(-1)?.branch ?? (await store.branches.active(this.#threadId));
    if (active === this.#path.at(-1)?.branch) return;
    const branches = await store.branches.list(this.#threadId);
    const ids = branches.length ? await store.toolCalls.ids(this.#threadId) : [];
    const path = this.#fixed ?? pathTo(branches, active);
    const common = commonSeq(this.#path, path);
    const kept = this.transcript.findLastIndex((message) => message.seq <= common) + 1;
    this.transcript.length = kept;
    this.keptShort.clear();
    for (const id of ids) this.callIds.add(id);
    this.#path = path;
  }
}

/** The memories of the threads used last. */
export class ThreadMemories {
  readonly #memories = new Map<string, ThreadMemory>();
  readonly #limit: number;

  constructor(limit = 32) {
    this.#limit = limit;
  }

  of(threadId: string): ThreadMemory {
    const memory = this.#memories.get(threadId) ?? new ThreadMemory(threadId);
    this.#memories.delete(threadId);
    this.#memories.set(threadId, memory);
    const [oldest] = this.#memories.keys();
    if (this.#memories.size > this.#limit && oldest !== undefined) this.#memories.delete(oldest);
    return memory;
  }

  /** Ends what is being written about threads, for a shutdown. */
  stopCompacting(): void {
    for (const memory of this.#memories.values()) memory.compacting?.abort();
  }

  forget(threadId: string): void {
    this.#memories.delete(threadId);
  }
}
