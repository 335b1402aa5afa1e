import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { SandboxLimits } from './limits.ts';
import { readableSize } from './limits.ts';
import type { Pod } from './pod.ts';
import { memoryOf, podProcesses } from './pod-processes.ts';

/** Milliseconds between two looks at the running pods. */
const intervalMs = 500;
/** bwrap, the pod's init and the supervisor: a pod with more runs something. */
const idleProcesses = 3;
/** Bytes by which the disk must have filled before workspaces are measured again, as a part of their limit. */
const measuredPart = 64;
/** Bytes that stay free for the record of the conversations, whoever fills the disk. */
const reservedBytes = 268_435_456;

export interface WatchedPod {
  pod: Pod;
  /** Folders whose content counts. */
  folders: string[];
}

/**
 * What the kernel does not limit for one pod: the sum of its memory, of its disk, and its idleness. It ends a pod that is
 * over a limit; the command's result then says why.
 */
export class PodWatch {
  readonly #pods: ReadonlyMap<string, WatchedPod>;
  readonly #limits: SandboxLimits;
  readonly #dataDir: string;
  readonly #timer: NodeJS.Timeout;
  /** Bytes of workspaces that were over the limit when they were measured first: they may shrink, not grow. */
  readonly #overfull = new Map<string, number>();
  #freeWhenMeasured = Infinity;
  #looking: Promise<void> | null = null;

  constructor(pods: ReadonlyMap<string, WatchedPod>, limits: SandboxLimits, dataDir: string) {
    this.#pods = pods;
    this.#limits = limits;
    this.#dataDir = dataDir;
    this.#timer = setInterval(() => {
      if (this.#pods.size > 0) this.#looking ??= this.#look().finally(() => (this.#looking = null));
    }, intervalMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  forget(id: string): void {
    this.#overfull.delete(id);
  }

  async #look(): Promise<void> {
    for (const { pod } of this.#pods.values()) if (!pod.isEnding) this.#lookAt(pod);
    const { bavail, bsize } = await statfs(this.#dataDir);
    const free = bavail * bsize;
    if (free < reservedBytes) this.#endBusy('the disk of the data directory is almost full');
    if (this.#freeWhenMeasured - free < this.#limits.diskBytes / measuredPart) return;
    this.#freeWhenMeasured = free;
    for (const [id, { pod, folders }] of this.#pods) await this.#measure(id, pod, folders);
  }

  #lookAt(pod: Pod): void {
    const processes = podProcesses(pod.pid);
    const { memoryBytes, idleMs } = this.#limits;
    if (memoryOf(processes, memoryBytes) > memoryBytes)
      pod.kill(`its processes used more than ${readableSize(memoryBytes)} of memory`);
    const idle = pod.active === 0 && processes.length <= idleProcesses;
    if (!idle) pod.lastUsed = performance.now();
    else if (performance.now() - pod.lastUsed > idleMs) pod.kill('it was idle');
  }

  #endBusy(reason: string): void {
    for (const { pod } of this.#pods.values())
      if (podProcesses(pod.pid).length > idleProcesses) pod.kill(reason);
  }

  async #measure(id: string, pod: Pod, folders: readonly string[]): Promise<void> {
    const { diskBytes } = this.#limits;
    const used = await usedBytes(folders);
    if (used <= diskBytes) return void this.#overfull.delete(id);
    const before = this.#overfull.get(id);
    if (before === undefined) this.#overfull.set(id, used);
    if (before === undefined || used > before)
      pod.kill(`its files took more than ${readableSize(diskBytes)}; remove some`);
  }
}

/** `du` only counts, follows no link, and stays on one file system. What it cannot enter it leaves out. */
async function usedBytes(folders: readonly string[]): Promise<number> {
  const options = { timeout: 60_000, maxBuffer: 1_048_576 };
  const run = promisify(execFile)('du', ['-skx', '--', ...folders], options);
  // A file that vanished meanwhile makes it fail, with the sums on its output all the same.
  const { stdout } = await run.catch((cause: { stdout?: string }) => ({ stdout: cause.stdout ?? '' }));
  return stdout.split('\n').reduce((total, line) => total + (parseInt(line, 10) || 0) * 1_024, 0);
}
