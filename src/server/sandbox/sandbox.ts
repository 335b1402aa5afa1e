import type { Duplex } from 'node:stream';

/**
 * The workspace is behind this interface. The host never opens a workspace path and never runs git there;
 * three implementations (local, E2B, Daytona) pass one contract suite (`contract.ts`).
 * Paths are relative to the workspace root; an absolute path is taken only below `workdir`.
 * Errors: CrosspointError `sandbox_unavailable`, `sandbox_gone`, `sandbox_unreachable`, `path_outside_workspace`,
 * `file_not_found`, `not_a_file`, `file_too_large`. A command's failure is a result, never an error.
 */
export interface Sandbox {
  readonly id: string;
  /** By which the provider finds it again, in another process too. */
  readonly ref: string;
  readonly provider: 'local' | 'e2b' | 'daytona';
  /** Whether workspace files outlive a sandbox that is lost: they are on this machine's disk (`host`), or not (`none`). */
  readonly durability: 'host' | 'none';
  /** Absolute path of the workspace as commands see it, e.g. `/workspace`. */
  readonly workdir: string;
  /** Runs a command with bash and waits for it and for its whole process tree (unless `background`). */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  readonly files: SandboxFiles;
  readonly scratch: SandboxScratch;
  /** A shell with a terminal of its own, which lives until it ends or is killed. */
  pty(options: PtyOptions): Promise<Pty>;
  /** How the host reaches what listens on a TCP port at localhost inside. Nothing is connected yet. */
  port(port: number): Promise<PortTarget>;
  state(): Promise<SandboxState>;
  /** A run, a review or a terminal is open: the sandbox must not end for being idle. */
  keepAlive(): Promise<void>;
  /** Ends every process; workspace files stay on disk until `destroy`. */
  stop(): Promise<void>;
  destroy(): Promise<void>;
}

export type SandboxState = 'alive' | 'stopped' | 'gone' | 'unreachable';

export interface ExecOptions {
  /** Relative to the workspace. */
  cwd?: string;
  env?: Record<string, string>;
  /** Milliseconds; default 120,000, at most 600,000. The whole tree is killed. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Bytes of each stream that are kept: first half and last half. Default 262,144. */
  maxOutputBytes?: number;
  onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Bytes for standard input; closed afterwards. */
  stdin?: Uint8Array;
  /** Returns at once with the process id; the process outlives the call. */
  background?: boolean;
}

export interface ExecResult {
  /** null when killed by a signal, a timeout or an abort. */
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** Bytes dropped from the middle. */
  truncatedBytes: number;
  timedOut: boolean;
  cancelled: boolean;
  /** The pod died while the command ran: nobody knows how far it got. */
  lost: boolean;
  durationMs: number;
  /** Of `background`: the process id inside the sandbox. */
  processId?: number;
}

export interface FileEntry {
  /** Relative to the workspace. */
  path: string;
  type: 'file' | 'directory' | 'link' | 'other';
  size: number;
  modifiedMs: number;
}

export interface SandboxFiles {
  /** At most `maxBytes` (default 10 MB), else `file_too_large`. Links are followed inside the sandbox only. */
  read(path: string, options?: { maxBytes?: number }): Promise<Uint8Array>;
  /** Atomic (temporary file, then rename); creates missing folders; keeps the mode of an existing file. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  list(path: string, options?: { recursive?: boolean; maxEntries?: number }): Promise<FileEntry[]>;
  stat(path: string): Promise<FileEntry | null>;
  remove(path: string): Promise<void>;
  /**
   * Whether anything that a snapshot would keep may have changed since `token` was given; null: nobody has looked yet.
   * May say yes for nothing, never no for something.
   */
  changedSince(token: string | null): Promise<{ token: string; changed: boolean }>;
}

/** Our own files inside the sandbox, outside of the workspace. A name is one path segment. */
export interface SandboxScratch {
  /** Absolute path as commands see it. It exists. */
  readonly folder: string;
  /** In pieces, so that an archive of any size never is in memory. @throws `file_not_found` */
  read(name: string): AsyncIterable<Uint8Array>;
  write(name: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** What is not there is removed already. */
  remove(name: string): Promise<void>;
}

export interface PtyOptions {
  columns: number;
  rows: number;
  /** Relative to the workspace. */
  cwd?: string;
}

export interface Pty {
  /** Called with what the terminal prints. No more is read until a promise that it returns has resolved. */
  onData(listener: (bytes: Uint8Array) => void | Promise<void>): void;
  /** null: killed, or the sandbox was lost. Never rejects. */
  readonly exited: Promise<{ exitCode: number | null }>;
  write(bytes: Uint8Array): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** With everything that it started. */
  kill(): Promise<void>;
}

export type PortTarget =
  /** One connection a call. @throws `port_closed` when nothing listens */
  | { kind: 'socket'; connect(): Promise<Duplex> }
  /** To be asked at this address, with these headers; a WebSocket too. */
  | { kind: 'url'; url: string; headers: Record<string, string> };

export interface SandboxProvider {
  readonly name: Sandbox['provider'];
  /** Whether commands can run here at all, with the production flags; a cached result after the first call. */
  selfTest(): Promise<SandboxHealth>;
  /**
   * The sandbox with this id, started when it is stopped. Without `ref` it is made when it is not there.
   * @throws `sandbox_gone` when the one of `ref` is proved not to exist any more; `sandbox_unreachable` when nobody knows
   */
  open(sandboxId: string, ref?: string | null): Promise<Sandbox>;
  /** How it is, without starting anything. */
  state(sandboxId: string, ref: string | null): Promise<SandboxState>;
  /** With its files. One that is not there is removed already. */
  remove(sandboxId: string, ref: string | null): Promise<void>;
  /** Every sandbox of this installation. */
  list(): Promise<{ id: string; ref: string; lastUsedAt: string | null }[]>;
  close(): Promise<void>;
}

export type SandboxHealth =
  | { ok: true; detail: string }
  /** `remedy` is the one command or sentence that mends it. */
  | { ok: false; reason: string; remedy: string };
