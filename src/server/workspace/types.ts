import type {
  ChangeScope,
  FileChange,
  Hunk,
  ProviderView,
  RewindPlan,
  RewindResult,
  RewindTarget,
  RewindView,
  SandboxType,
  SandboxView,
  StepChanges,
} from '#protocol/workspace.ts';
import type { Sandbox, SandboxHealth } from '#server/sandbox/sandbox.ts';
import type { ThreadRow } from '#server/store/store.ts';

/**
 * One thread's history of files. Everything that touches the workspace runs inside the sandbox, through git in a folder of
 * our own (scratch); the person's .git is never used or changed. Calls for one thread wait for each other.
 * Without git in the sandbox `begin` and `end` record nothing, `save` packs all files where they would be lost, and what must
 * look back throws `no_history`.
 */
export interface WorkspaceHistory {
  /** Before a call that may change files: what the person changed meanwhile becomes a state of its own. */
  begin(sandbox: Sandbox, step: Step & { paths: readonly string[] | null }): Promise<void>;
  /**
   * After its result is known. @returns null when nothing changed. For a sandbox with durability `none` the files are kept
   * outside of it before it resolves. After a crash it may be called without `begin`, and again.
   */
  end(sandbox: Sandbox, step: Step): Promise<StepChanges | null>;
  /** Takes what is new out of the sandbox and keeps it. @returns null when nothing is new. @throws `snapshot_failed` */
  save(sandbox: Sandbox, threadId: string, why: SnapshotReason): Promise<SnapshotView | null>;
  /** Puts the last snapshot into a fresh, empty sandbox; may be repeated. @returns null when there is none. @throws `restore_failed` */
  restore(sandbox: Sandbox, threadId: string): Promise<SnapshotView | null>;
  /** The newest snapshot. */
  snapshot(threadId: string): Promise<SnapshotView | null>;
  changes(sandbox: Sandbox, threadId: string, scope: ChangeScope): Promise<FileChange[]>;
  versions(sandbox: Sandbox, threadId: string, scope: ChangeScope, path: string): Promise<FileVersions>;
  plan(sandbox: Sandbox, threadId: string, target: RewindTarget): Promise<RewindPlan>;
  /** @throws `plan_changed` when what would be done is not what the plan with this hash says */
  apply(
    sandbox: Sandbox,
    threadId: string,
    target: RewindTarget,
    planHash: string,
    onConflict: 'skip' | 'overwrite',
  ): Promise<RewindResult>;
  /**
   * Takes one hunk of a change back, or (null) all of the file's; it can be taken back itself (`redo`).
   * @param hash as `versions` gave it. @throws `file_changed` when the file is another now, or is a conflict
   */
  revertHunk(
    sandbox: Sandbox,
    threadId: string,
    scope: ChangeScope,
    path: string,
    hunk: number | null,
    hash: string,
  ): Promise<RewindResult>;
  /** Newest first. */
  rewinds(threadId: string): Promise<RewindView[]>;
  /** Deletes what is kept of a thread on this machine. Its rows go with the thread's. */
  forget(threadId: string): Promise<void>;
  /**
   * Removes what the policy lets go. @returns what is left
   * @param here ids of the sandboxes whose workspaces are on this machine's disk
   */
  collect(here: ReadonlySet<string>): Promise<{ bytes: number; snapshots: number }>;
}

export interface Step {
  threadId: string;
  toolCallId: string;
  runId: string;
}

export type SnapshotReason = 'turn' | 'person' | 'stop' | 'move' | 'safety';

export interface SnapshotView {
  id: number;
  commit: string;
  bytes: number;
  createdAt: string;
  /** Paths that are too large, or cannot be read. */
  leftOut: string[];
}

export interface FileVersions {
  /** null: not there on this side, or larger than 16 MB. */
  before: Uint8Array | null;
  after: Uint8Array | null;
  /** SHA-256, hex, of the file as it is now; zeros when there is none. */
  hash: string;
  /** The changed lines, in the order that `revertHunk` counts them; empty for files that are no text. */
  hunks: Hunk[];
}

/** What the agent and the API ask for the sandboxes of threads, whichever provider has them. */
export interface Workspaces {
  /** Of new threads. */
  readonly defaultType: SandboxType;
  readonly history: WorkspaceHistory;
  /**
   * The sandbox of a thread: opened, started, or, when it is proved gone, made anew from the last snapshot, once for all who
   * ask, with an event in the thread. Never an empty workspace in place of a lost one without saying so.
   * @throws `sandbox_unavailable`, `sandbox_unreachable`
   */
  open(thread: ThreadOfSandbox): Promise<Sandbox>;
  /** A request found the sandbox gone: the next `open` asks the provider, whenever it was asked last. */
  doubt(thread: ThreadOfSandbox): void;
  /** The last time that a lost sandbox was replaced in this thread; null: never. */
  restored(threadId: string): Promise<Restoration | null>;
  /** Takes what a turn, or a person, changed out of the sandbox. @throws `snapshot_failed` */
  save(thread: ThreadOfSandbox, why: SnapshotReason): Promise<void>;
  /** Where files of a lost sandbox are lost with it, what a person has just changed is kept outside before they are told so. */
  keep(thread: ThreadOfSandbox): Promise<void>;
  /** @throws `sandbox_unavailable` when this server has no key for it */
  assertUsable(type: SandboxType): void;
  /** The files travel by snapshot. @throws `run_active`, `review_pending`, `snapshot_failed`, `sandbox_unavailable` */
  move(thread: ThreadOfSandbox, to: SandboxType): Promise<void>;
  /**
   * A folder of this machine takes the place of a workspace that is empty.
   * @param folder its own path, which the configuration allows
   * @throws `run_active`, `review_pending`, `workspace_not_empty`, `unsupported_by_sandbox`, `sandbox_unavailable`
   */
  bind(thread: ThreadOfSandbox, folder: string): Promise<void>;
  view(thread: ThreadOfSandbox): Promise<SandboxView>;
  selfTests(): Promise<ProviderView[]>;
  /** The self-test of new threads' sandboxes. */
  selfTest(): Promise<SandboxHealth>;
  /** With everything that is kept of it, unless another thread works in it. */
  remove(thread: ThreadOfSandbox): Promise<void>;
  close(): Promise<void>;
}

/** A lost sandbox was replaced. */
export interface Restoration {
  eventId: number;
  snapshotAt: string | null;
  lost: string[];
}

/** Threads that share a sandbox share its id, which is that of the first of them: by it everything of it is kept. */
export type ThreadOfSandbox = Pick<ThreadRow, 'id' | 'userId' | 'sandboxId' | 'sandboxType'>;
