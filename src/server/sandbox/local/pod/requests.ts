/** What the host asks of the supervisor; types only, since the supervisor runs with nothing but Node beside it. */
export type PodRequest =
  | {
      op: 'exec';
      command: string;
      cwd: string;
      env: Record<string, string>;
      timeoutMs: number;
      stdin: boolean;
      background: boolean;
    }
  | { op: 'read'; path: string; maxBytes: number; root?: Root; offset?: number }
  | { op: 'write'; path: string; root?: Root }
  | { op: 'list'; path: string; recursive: boolean; maxEntries: number }
  | { op: 'stat'; path: string }
  | { op: 'remove'; path: string; root?: Root }
  /** Which folder the workspace is. */
  | { op: 'identity' }
  /** Whether something changed; answered with `token`. */
  | { op: 'fingerprint' }
  /** Dials out with `token` once it is connected to the port. */
  | { op: 'connect'; port: number; token: string }
  /** Dials out with `token`; answered when the shell has ended. */
  | { op: 'pty'; token: string; columns: number; rows: number; cwd: string }
  | { op: 'resize'; token: string; columns: number; rows: number };

/** `scratch`: our own files, beside the workspace. */
export type Root = 'workspace' | 'scratch';

export interface ExecDone {
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  /** Processes of the command that could not be killed. */
  survivors: number;
  /** Of a background command. */
  processId?: number;
  outputFile?: string;
}

/** `type`, then size in bytes, then time in milliseconds. */
export interface PodEntry {
  path: string;
  type: 'file' | 'directory' | 'link' | 'other';
  size: number;
  modifiedMs: number;
}

export type PodFailureCode =
  'not_found' | 'not_a_file' | 'not_a_directory' | 'too_large' | 'no_space' | 'refused' | 'other';

export interface PodFailure {
  code: PodFailureCode;
  detail: string;
}
