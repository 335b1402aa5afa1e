import type { Compaction } from '#protocol/compaction.ts';
import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import type { Message, ToolResultStatus } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { KeyView } from '#protocol/keys.ts';
import type { ApprovalMode, FileDiff } from '#protocol/review.ts';
import type { RunStatus } from '#protocol/thread.ts';
import type { WorkspaceStore } from './workspaces.types.ts';
import type { ToolOutputStore } from './tool-outputs.ts';
import type { LedgerStore, UsageStore } from './ledger.types.ts';

/**
 * The record. Every function that a person's request reaches takes the user's id and filters by it in SQL (rule R19);
 * ids are never authority. Writes are durable when the promise resolves (WAL, synchronous=FULL).
 */
/**
 * The tables of a transaction. The ledger is not among them: its newest rows are in its journal until somebody reads it,
 * so that no step of the agent waits for them.
 */
export interface StoreTables {
  threads: ThreadStore;
  branches: BranchStore;
  messages: MessageStore;
  compactions: CompactionStore;
  runs: RunStore;
  toolCalls: ToolCallStore;
  toolOutputs: ToolOutputStore;
  events: EventStore;
  keys: KeyStore;
  settings: SettingsStore;
  sessions: SessionStore;
  idempotency: IdempotencyStore;
  workspaces: WorkspaceStore;
  /** `BEGIN IMMEDIATE` … `COMMIT`. The store given to `work` writes inside it; nested calls join it. */
  transaction<Result>(work: (store: StoreTables) => Promise<Result>): Promise<Result>;
}

export interface Store extends StoreTables {
  ledger: LedgerStore;
  usage: UsageStore;
  close(): Promise<void>;
}

export interface ThreadRow {
  id: string;
  userId: string;
  title: string;
  /** false until a person or the first message named it */
  titled: boolean;
  modelConfig: ModelConfig;
  approvalMode: ApprovalMode;
  fallbackModels: ModelConfig[];
  pauseOnMismatch: boolean;
  autoCompact: boolean;
  compactionModel: ModelConfig | null;
  subagentModel: ModelConfig | null;
  cacheAnswers: boolean;
  budgetUsd: number | null;
  sandboxId: string;
  sandboxType: 'local' | 'e2b' | 'daytona';
  currentFile: string | null;
  useMorph: boolean;
  /** The active branch: what is appended to the thread goes there. */
  branch: number;
  createdAt: string;
  updatedAt: string;
}

export type ThreadRowChange = Partial<Omit<ThreadRow, 'id' | 'userId' | 'createdAt'>>;

export interface ThreadStore {
  create(row: ThreadRow): Promise<void>;
  get(userId: string, id: string): Promise<ThreadRow | null>;
  list(userId: string, options?: { limit?: number }): Promise<ThreadRow[]>;
  /** Ids of all threads that work in it. */
  ofSandbox(sandboxId: string): Promise<string[]>;
  update(userId: string, id: string, change: ThreadRowChange): Promise<void>;
  /** Removes the thread and all its rows but the ledger's, and but those of its sandbox, which others may use. */
  delete(userId: string, id: string): Promise<boolean>;
}

/** A second way to go on, from a row of its parent. Branch 0 has no row: it begins with the thread. */
export interface Branch {
  id: number;
  /** The branch that wrote the row `afterSeq`. */
  parentId: number;
  /** The last row that it shares with its parent; 0 when it shares none. */
  afterSeq: number;
  createdAt: string;
}

/** The rows of a transcript, in their order: of each of these branches those up to `throughSeq`. */
export type Path = readonly { branch: number; throughSeq: number }[];

export interface BranchStore {
  /** The thread's active branch. */
  active(threadId: string): Promise<number>;
  /** Oldest first, without branch 0. */
  list(threadId: string): Promise<Branch[]>;
  /** Gives the next id and makes the branch the active one. Call inside a transaction. */
  add(threadId: string, branch: Omit<Branch, 'id'>): Promise<number>;
}

export interface MessageStore {
  /** Gives the next `seq` of the thread and appends to its active branch. */
  append(message: Omit<Message, 'seq'>): Promise<Message>;
  /** Oldest first, of the active branch and what it began with, or of another path. `afterSeq`: only later rows. */
  list(threadId: string, options?: { afterSeq?: number; path?: Path }): Promise<Message[]>;
  /** Where a message is, on whatever branch. */
  place(threadId: string, messageId: string): Promise<{ branch: number; seq: number } | null>;
}

/** What is kept of a compaction beside what is shown. */
export interface CompactionRow extends Compaction {
  /** `provider/model` that the conversation did not fit when it was made: that model gets it, whatever is counted later. */
  forModel: string | null;
  /** Characters to which single texts after `throughSeq` are shortened for it; null: to none. */
  limits: { results: number | null; words: number | null } | null;
}

/** Append-only: a removed row stays, and is listed no more. */
export interface CompactionStore {
  append(row: CompactionRow): Promise<void>;
  /** Those that count, oldest first, of all branches. */
  list(threadId: string): Promise<CompactionRow[]>;
  /** False when it was removed before. */
  remove(threadId: string, id: string, removedAt: string): Promise<boolean>;
}

export interface RunRow {
  id: string;
  threadId: string;
  userId: string;
  /** The LangGraph checkpoint thread: shared by the runs that one review splits a turn into, deleted when it ends. */
  turnId: string;
  status: RunStatus;
  /** Increases with each run of the thread; a write under an older one fails (I7). */
  fencingToken: number;
  messageId: string | null;
  /** The branch that was active when it started; it stays active while the run does. */
  branch: number;
  error: string | null;
  code: string | null;
  createdAt: string;
  finishedAt: string | null;
}

export interface RunStore {
  /** Takes the thread's lease. Throws `run_active` when a run is `running`. Status `running`. */
  start(row: {
    id: string;
    threadId: string;
    userId: string;
    turnId: string;
    messageId: string | null;
    createdAt: string;
  }): Promise<RunRow>;
  finish(
    id: string,
    change: { status: RunStatus; error?: string; code?: string; finishedAt: string },
  ): Promise<void>;
  get(id: string): Promise<RunRow | null>;
  /** The run that is `running` or, failing that, the newest one: of the thread, or of one branch. */
  latest(threadId: string, branch?: number): Promise<RunRow | null>;
  /** All runs left `running` by a dead process. */
  listRunning(): Promise<RunRow[]>;
  /** Throws `interrupted` unless the run is running and its token is the thread's newest. */
  assertOwner(id: string, fencingToken: number): Promise<void>;
}

export type ToolCallState = 'proposed' | 'decided' | 'started' | 'finished';

/** proposed → decided → intent (`started`) → effect → result (`finished`), each committed before the next begins. */
export interface ToolCallRow {
  /** Unique in the thread (duplicates are re-keyed before they get here). */
  toolCallId: string;
  threadId: string;
  runId: string;
  turnId: string;
  messageId: string;
  position: number;
  name: string;
  /** JSON text as proposed. */
  args: string;
  argsHash: string;
  diff: FileDiff | null;
  /** Of an edit that was shown; null: it changes no file that is known. */
  change: ProposedChange | null;
  needsReview: boolean;
  state: ToolCallState;
  decision: ToolCallDecision | null;
  status: ToolResultStatus | null;
  resultText: string | null;
  summary: string | null;
  exitCode: number | null;
  durationMs: number | null;
}

/** The file as it was when the change of it was shown. */
export interface ProposedChange {
  path: string;
  /** SHA-256, hex; null: there was none. */
  base: string | null;
  /** The whole new text where it does not follow from the arguments: exactly this is written. */
  text?: string;
}

export interface ToolCallDecision {
  action: 'approved' | 'rejected' | 'edit' | 'change_model' | 'cancelled';
  by: 'user' | 'mode' | 'rule';
  /** JSON text that runs, when a person edited it; absent when the proposed text runs as it is. */
  args?: string;
  argsHash: string;
  /** The file that the person was shown, where it is another than that of the proposal: SHA-256, hex, or null for none. */
  base?: string | null;
  edits?: string;
  reason?: string;
}

export interface ToolCallStore {
  propose(
    rows: (Omit<
      ToolCallRow,
      'change' | 'state' | 'decision' | 'status' | 'resultText' | 'summary' | 'exitCode' | 'durationMs'
    > & { change?: ProposedChange | null })[],
  ): Promise<void>;
  /** Compare-and-swap from `proposed`: false when somebody decided before (I6). */
  decide(threadId: string, toolCallId: string, decision: ToolCallDecision): Promise<boolean>;
  /** The intent. Throws unless decided `approved` or `edit` with this very hash (I2); false when already started (I3). */
  start(threadId: string, toolCallId: string, argsHash: string): Promise<boolean>;
  finish(
    threadId: string,
    toolCallId: string,
    result: {
      status: ToolResultStatus;
      resultText: string;
      summary: string;
      exitCode?: number;
      durationMs: number;
    },
  ): Promise<void>;
  get(threadId: string, toolCallId: string): Promise<ToolCallRow | null>;
  /** The ids of all calls of the thread, on all branches: none may be given twice. */
  ids(threadId: string): Promise<string[]>;
  list(
    threadId: string,
    filter?: { turnId?: string; messageId?: string; open?: boolean },
  ): Promise<ToolCallRow[]>;
}

export interface EventStore {
  /** Gives ids last+1, last+2, … in the thread. An event belongs to the branch that is active when it is appended. */
  append(threadId: string, events: NewEvent[]): Promise<ThreadEvent[]>;
  list(threadId: string, afterId: number, limit?: number): Promise<ThreadEvent[]>;
  lastId(threadId: string): Promise<number>;
  /**
   * Stored events of these types, oldest first, with the message seq that preceded each; never pieces of a stream
   * (`message.delta`, `reasoning.delta`, `tool.output`). `newest`: only the last so many. `path`: only what is on it.
   */
  listOfTypes(
    threadId: string,
    types: string[],
    options?: { newest?: number; path?: Path },
  ): Promise<{ event: ThreadEvent; branch: number; afterSeq: number }[]>;
}

export interface KeyRow extends Omit<KeyView, 'status' | 'budgetUse'> {
  userId: string;
  /** SHA-256 of the key, hex. */
  hash: string;
}

export interface KeyStore {
  create(row: KeyRow): Promise<void>;
  /** Whatever its state: who asks must look at `revokedAt` and `expiresAt`. */
  byHash(hash: string): Promise<KeyRow | null>;
  get(userId: string, id: string): Promise<KeyRow | null>;
  /** Newest first. */
  list(userId: string): Promise<KeyRow[]>;
  update(userId: string, id: string, change: Partial<Omit<KeyRow, 'id' | 'userId' | 'hash'>>): Promise<void>;
}

export interface SettingsStore {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  /** AES-256-GCM with the data directory's master key; associated data is the key's name. */
  getSecret(key: string): Promise<string | null>;
  setSecret(key: string, value: string): Promise<void>;
}

export interface SessionRow {
  /** SHA-256 of the cookie's value. */
  idHash: string;
  userId: string;
  createdMs: number;
  lastSeenMs: number;
}

export interface SessionStore {
  create(row: SessionRow): Promise<void>;
  get(idHash: string): Promise<SessionRow | null>;
  touch(idHash: string, lastSeenMs: number): Promise<void>;
  delete(idHash: string): Promise<void>;
  /** One-time login keys: stored hashed, taken once, within their time. */
  addLoginKey(hash: string, expiresMs: number): Promise<void>;
  takeLoginKey(hash: string, nowMs: number): Promise<boolean>;
}

export interface IdempotencyStore {
  /** `new`: recorded now. `same`: same body before, with the run it started. `conflict`: other body. Kept 24 h. */
  claim(
    userId: string,
    key: string,
    bodyHash: string,
    runId: string,
  ): Promise<{ state: 'new' | 'same' | 'conflict'; runId: string }>;
}
