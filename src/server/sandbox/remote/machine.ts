import type { SandboxState } from '../sandbox.ts';

/**
 * What a provider of remote sandboxes has to give; `RemoteSandbox` makes of it everything that `Sandbox` promises. Each
 * primitive may fail in any way of the provider's own: the layer asks `state()` what that means. Whoever knows more says
 * so with `RemoteFailure`.
 */
export interface RemoteMachine {
  /**
   * Runs `bash -c script` (a login shell will do) as the user of the workspace, without standard input, and gives what it
   * prints, the streams apart, as it arrives. Resolves when the script has ended; its exit code does not matter, and the
   * service must set no time limit. A script has at most 60,000 bytes.
   * @param signal stop listening and reject; what runs inside is ended by the layer
   */
  run(
    script: string,
    onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Writes a whole file at an absolute path, in place of what was there. Its folder exists. */
  upload(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes of the file at an absolute path, which exists. */
  download(path: string): AsyncIterable<Uint8Array>;
  /** An interactive bash with a terminal. `onData` may return a promise: no more is read until it has resolved. */
  pty(options: RemotePtyOptions): Promise<RemotePty>;
  /** Where the host reaches the port; nothing is connected yet. */
  url(port: number): Promise<{ url: string; headers: Record<string, string> }>;
}

export interface RemotePtyOptions {
  columns: number;
  rows: number;
  /** Absolute. */
  cwd: string;
  env: Record<string, string>;
  onData: (bytes: Uint8Array) => void | Promise<void>;
}

export interface RemotePty {
  /** null: killed, lost, or not known. Never rejects. */
  exited: Promise<{ exitCode: number | null }>;
  write(bytes: Uint8Array): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** The shell itself; what it started is ended by the layer. */
  kill(): Promise<void>;
}

/** One sandbox of the provider. All handles of a sandbox share it, so that each knows what another has stopped. */
export interface RemoteLife {
  /**
   * The machine, running: connected once and kept, resumed or started when it is stopped.
   * @throws CrosspointError `sandbox_gone`, `sandbox_unreachable`, `sandbox_unavailable` or `sandbox_busy`
   */
  machine(): Promise<RemoteMachine>;
  /** The next `machine()` connects anew: the last one did not answer. */
  forget(): void;
  /** Asked of the control plane. `gone` only when it says so; `unreachable` when nobody knows. Never throws. */
  state(): Promise<SandboxState>;
  keepAlive(): Promise<void>;
  /** Ends every process; files stay. */
  stop(): Promise<void>;
  /** With its files; `state()` is `gone` from then on. */
  destroy(): Promise<void>;
}

/** Thrown by a primitive that knows what its failure means. */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';
  /** `not_started`: nothing ran, it may be tried again. `no_space`: the disk in the sandbox is full. */
  readonly code: 'not_started' | 'no_space';

  constructor(code: 'not_started' | 'no_space', cause: unknown) {
    super(`The remote sandbox refused a request (${code}).`, { cause });
    this.code = code;
  }
}

/** Where a sandbox keeps what: both below the home of its user. */
export interface RemoteFolders {
  workdir: string;
  scratch: string;
}
