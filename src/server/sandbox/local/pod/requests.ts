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
  | { op: 'read'; path: string; maxBytes: number }
  | { op: 'write'; path: string }
  | { op: 'list'; path: string; recursive: boolean; maxEntries: number }
  | { op: 'stat'; path: string }
  | { op: 'remove'; path: string };

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
  'not_found' | 'not_a_file' | 'not_a_directory' | 'too_large' | 'no_space' | 'other';

export interface PodFailure {
  code: PodFailureCode;
  detail: string;
}
