/** The workspace of a thread as the API tells of it. */
export type SandboxType = 'local' | 'e2b' | 'daytona';
export interface SandboxView {
  type: SandboxType;
  state: 'alive' | 'stopped' | 'gone' | 'unreachable' | 'new';
  /** Counts up when a lost sandbox was replaced. */
  generation: number;
  /** ISO 8601; null: nothing was saved yet. */
  lastSnapshotAt: string | null;
  /** Hosts that commands can reach; `all` where the provider's network is open. */
  network: string[] | 'all';
  /** The folder of this machine that is bound as workspace; null: its own. */
  boundFolder: string | null;
}
export interface ProviderView {
  type: SandboxType;
  configured: boolean;
  ok: boolean;
  detail: string;
  remedy?: string;
}

export interface FileChange {
  path: string;
  status: 'added' | 'modified' | 'deleted' | 'mode';
  /** Of a link or file that is no text: null counts. */
  additions: number | null;
  deletions: number | null;
  binary: boolean;
  size: number;
}
/** What one approved call changed; also the data of event `workspace.changed`. */
export interface StepChanges {
  toolCallId: string;
  files: FileChange[];
}
export type ChangeScope =
  { kind: 'step'; toolCallId: string } | { kind: 'turn'; runId: string } | { kind: 'all' };
/** `?scope=all | turn:<runId> | step:<toolCallId>` in addresses. */

export type RewindTarget =
  | { kind: 'step'; toolCallId: string } // undo this step only
  | { kind: 'message'; messageId: string } // files as they were before the first step after this message
  | { kind: 'redo'; rewindId: string }; // takes a rewind or an undo back
export interface RewindFile {
  path: string;
  action: 'write' | 'delete' | 'merge';
  /** Somebody else changed it since: kept as it is unless `overwrite` is chosen (what it holds is saved first). */
  conflict: boolean;
  additions: number | null;
  deletions: number | null;
}
export interface RewindPlan {
  hash: string;
  files: RewindFile[];
  steps: number;
  leftAlone: string[];
}
export interface RewindResult {
  rewindId: string;
  files: { path: string; action: 'write' | 'delete' | 'merge' | 'kept' }[];
}
/** What a person takes back: `conversation` goes on before the message, on a branch of its own. */
export type RewindWhat = 'files' | 'conversation' | 'both';
/** Answer to `POST /api/threads/{id}/rewind`. */
export interface RewindAnswer {
  /** null: no file was asked for. */
  files: RewindResult | null;
  /** null: the conversation stays where it is. */
  branchId: number | null;
}
export interface RewindView {
  rewindId: string;
  kind: RewindTarget['kind'] | 'revert';
  at: string;
  files: number;
  /** Taken back by a later one. */
  undone: boolean;
}

/** Lines are counted from 0. */
export interface Hunk {
  before: { from: number; lines: number };
  after: { from: number; lines: number };
}
/** Answer to `GET /api/threads/{id}/changes/file`. */
export interface FileVersionsAnswer {
  path: string;
  /** null: not there on this side, or no text (`binary`), or longer than 1 MB. */
  before: string | null;
  after: string | null;
  binary: boolean;
  /** SHA-256, hex, of the file as it is in the workspace now; zeros when there is none. */
  hash: string;
  /** In the order that a revert counts them. */
  hunks: Hunk[];
}

/** The person's repository in the workspace. */
export interface GitView {
  repository: boolean;
  /** null: no branch is checked out. */
  branch: string | null;
  /** Commits that the remote branch has not, and the other way round. */
  ahead: number;
  behind: number;
  /** Files that are not as in the last commit. */
  changed: number;
  branches: string[];
  remotes: { name: string; url: string }[];
}

/** A port of the sandbox that something listens on. */
export interface ListeningPort {
  port: number;
  /** Name of the program; empty when it cannot be told. */
  program: string;
}

export interface TerminalView {
  id: string;
  alive: boolean;
  startedAt: string;
}
