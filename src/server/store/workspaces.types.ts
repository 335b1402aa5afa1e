import type { FileChange, RewindResult, RewindTarget } from '#protocol/workspace.ts';

/** A change of files by one approved call. Commits are those of the history's own git, inside the sandbox. */
export interface StepRow {
  threadId: string;
  /** In the order of steps and rewinds together. */
  position: number;
  toolCallId: string;
  runId: string;
  beforeCommit: string;
  afterCommit: string;
  files: FileChange[];
  /** The rewind that took it back whole. */
  undoneBy: string | null;
  createdAt: string;
}

export interface RewindRow {
  threadId: string;
  position: number;
  id: string;
  target: RewindTarget | { kind: 'revert'; path: string };
  /** All files as they were before it: nothing that it replaced is lost. */
  beforeCommit: string;
  /** As they are after it. Known before the first file is touched. */
  afterCommit: string;
  files: RewindResult['files'];
  /** false: it may have been cut off; its files are brought to `afterCommit` before anything else. */
  applied: boolean;
  undoneBy: string | null;
  createdAt: string;
}

/** One link of a chain of bundles: a full one, and what came after it. */
export interface SnapshotRow {
  threadId: string;
  /** Counts up in the thread; the name of its file. */
  id: number;
  commit: string;
  /** The link before it; null for a full one. */
  baseId: number | null;
  bytes: number;
  sha256: string;
  leftOut: string[];
  why: string;
  createdAt: string;
}

export interface ThreadSandboxRow {
  threadId: string;
  provider: 'local' | 'e2b' | 'daytona';
  /** By which the provider finds it again; null: not made yet. */
  ref: string | null;
  /** Counts up when a lost sandbox is replaced. */
  generation: number;
  /** A folder of this machine that is the workspace; null: its own. */
  boundFolder: string | null;
  updatedAt: string;
}

export interface WorkspaceStore {
  /** A second row of a call takes the place of the first, at its position. */
  addStep(row: Omit<StepRow, 'position' | 'undoneBy'>): Promise<void>;
  step(threadId: string, toolCallId: string): Promise<StepRow | null>;
  /** Oldest first. */
  steps(threadId: string): Promise<StepRow[]>;
  markUndone(threadId: string, positions: readonly number[], undoneBy: string | null): Promise<void>;
  addRewind(row: Omit<RewindRow, 'position' | 'undoneBy'>): Promise<void>;
  updateRewind(
    threadId: string,
    id: string,
    change: Partial<Pick<RewindRow, 'afterCommit' | 'files' | 'applied'>>,
  ): Promise<void>;
  /** Oldest first. */
  rewinds(threadId: string): Promise<RewindRow[]>;
  /** Refuses an id that the thread has already. */
  addSnapshot(row: SnapshotRow): Promise<void>;
  /** Oldest first. */
  snapshots(threadId: string): Promise<SnapshotRow[]>;
  removeSnapshots(threadId: string, ids: readonly number[]): Promise<void>;
  /** Sandboxes with snapshots that threads still use, by the id that the snapshots have. `provider` is that of the sandbox, null when that is not known. */
  snapshotThreads(): Promise<
    { threadId: string; lastUsedAt: string; provider: ThreadSandboxRow['provider'] | null }[]
  >;
  sandbox(threadId: string): Promise<ThreadSandboxRow | null>;
  putSandbox(row: ThreadSandboxRow): Promise<void>;
  sandboxes(): Promise<ThreadSandboxRow[]>;
  /** With what is known of its snapshots. */
  removeSandbox(threadId: string): Promise<void>;
}
