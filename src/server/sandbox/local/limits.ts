/** What one sandbox may use. The defaults follow SECURITY.md; every one has a test that runs into it. */
export interface SandboxLimits {
  /** Bytes of memory of all processes of the pod together (watched: over it, the pod ends). */
  memoryBytes: number;
  /** Bytes of memory of one process (RLIMIT_DATA: over it, the process gets no more). Node needs 600 MB to start. */
  processMemoryBytes: number;
  /** Processes and threads of the pod together. */
  processes: number;
  /** Bytes of workspace and home together. Watched: a fast writer may go over it for a second. */
  diskBytes: number;
  /** Bytes of one file (RLIMIT_FSIZE). */
  fileBytes: number;
  /** Bytes of /tmp, and again of /dev/shm; both are memory. */
  temporaryBytes: number;
  /** Milliseconds without a command or a file request after which a pod without background commands is stopped. */
  idleMs: number;
  /** Pods at one time; the one that was idle for longest makes room. */
  pods: number;
}

const mebibyte = 1_048_576;

export const defaultLimits: SandboxLimits = {
  memoryBytes: 2_048 * mebibyte,
  processMemoryBytes: 1_536 * mebibyte,
  processes: 256,
  diskBytes: 5_120 * mebibyte,
  fileBytes: 2_048 * mebibyte,
  temporaryBytes: 512 * mebibyte,
  idleMs: 30 * 60_000,
  pods: 16,
};

/** Milliseconds; see `ExecOptions.timeoutMs`. */
export const defaultTimeoutMs = 120_000;
export const maxTimeoutMs = 600_000;
/** Bytes; see `ExecOptions.maxOutputBytes`. */
export const defaultOutputBytes = 262_144;
/** Bytes; see `SandboxFiles.read`. */
export const defaultReadBytes = 10_000_000;
/** Bytes that `SandboxFiles.write` takes. */
export const maxWriteBytes = 100_000_000;
/** Entries of one listing. */
export const defaultEntries = 10_000;
export const maxEntries = 200_000;

export function readableSize(bytes: number): string {
  if (bytes >= 1_000_000_000) return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
  if (bytes >= 1_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${bytes} bytes`;
}
