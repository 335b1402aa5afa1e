/**
 * The workspace is behind this interface. The host never opens a workspace path and never runs git there;
 * three implementations (local, E2B, Daytona) pass one contract suite (`contract.ts`).
 * Paths are relative to the workspace root; an absolute path is taken only below `workdir`.
 * Errors: CrosspointError `sandbox_unavailable`, `sandbox_gone`, `sandbox_unreachable`, `path_outside_workspace`,
 * `file_not_found`, `not_a_file`, `file_too_large`. A command's failure is a result, never an error.
 */
export interface Sandbox {
  readonly id: string;
  readonly provider: 'local' | 'e2b' | 'daytona';
  /** Absolute path of the workspace as commands see it, e.g. `/workspace`. */
  readonly workdir: string;
  /** Runs a command with bash and waits for it and for its whole process tree (unless `background`). */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  readonly files: SandboxFiles;
  state(): Promise<SandboxState>;
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
}

export interface SandboxProvider {
  readonly name: Sandbox['provider'];
  /** Whether commands can run here at all, with the production flags; a cached result after the first call. */
  selfTest(): Promise<SandboxHealth>;
  /** The sandbox of a thread: created when missing, started when stopped. */
  open(sandboxId: string): Promise<Sandbox>;
  close(): Promise<void>;
}

export type SandboxHealth =
  | { ok: true; detail: string }
  /** `remedy` is the one command or sentence that mends it. */
  | { ok: false; reason: string; remedy: string };
