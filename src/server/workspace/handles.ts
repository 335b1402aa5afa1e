import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ThreadOfSandbox } from './types.ts';
import type { WorkspacesParts } from './parts.ts';

/** Milliseconds for which a sandbox of a service that answered is not asked again whether it still exists. */
const freshMs = 15_000;
const keepAliveEveryMs = 60_000;
/** Milliseconds that a review may wait before its sandbox may pause; its files stay, and it is started again. */
const longestReviewMs = 24 * 60 * 60 * 1000;

interface Handle {
  sandbox: Sandbox;
  checkedAt: number;
  threads: Set<string>;
  holds: number;
}

/** Sandboxes that this process has opened. Those that something is open in are kept alive. */
export class Handles {
  readonly #parts: Pick<WorkspacesParts, 'store' | 'logger'>;
  readonly #bySandbox = new Map<string, Handle>();
  readonly #timer: NodeJS.Timeout;

  constructor(parts: Pick<WorkspacesParts, 'store' | 'logger'>) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.keepAlive(), keepAliveEveryMs).unref();
  }

  known(sandboxId: string): Sandbox | null {
    return this.#bySandbox.get(sandboxId)?.sandbox ?? null;
  }

  /** One of this machine is asked each time: it costs nothing, and it may have been stopped to make room. */
  fresh({ id, sandboxId }: ThreadOfSandbox): Sandbox | null {
    const handle = this.#bySandbox.get(sandboxId);
    if (!handle || handle.sandbox.provider === 'local') return null;
    if (performance.now() - handle.checkedAt > freshMs || !handle.threads.has(id)) return null;
    return handle.sandbox;
  }

  put({ id, sandboxId }: ThreadOfSandbox, sandbox: Sandbox): void {
    const known = this.#bySandbox.get(sandboxId);
    const threads = known?.threads ?? new Set<string>();
    threads.add(id);
    this.#bySandbox.set(sandboxId, {
      sandbox,
      checkedAt: performance.now(),
      threads,
      holds: known?.holds ?? 0,
    });
  }

  forget(sandboxId: string): void {
    this.#bySandbox.delete(sandboxId);
  }

  hold({ sandboxId }: ThreadOfSandbox): { release(): void } {
    const handle = this.#bySandbox.get(sandboxId);
    if (!handle) return { release: () => undefined };
    handle.holds += 1;
    let released = false;
    return {
      release() {
        if (!released) handle.holds -= 1;
        released = true;
      },
    };
  }

  /** A service pauses or ends a sandbox that nobody talks to, whatever runs in it. */
  async keepAlive(): Promise<void> {
    for (const [sandboxId, handle] of this.#bySandbox) {
      try {
        if (handle.holds > 0 || (await this.#isUsed(handle))) await handle.sandbox.keepAlive();
      } catch (cause) {
        this.#parts.logger.warn({ cause, sandboxId }, 'a sandbox could not be kept alive');
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #isUsed({ threads }: Handle): Promise<boolean> {
    for (const threadId of threads) {
      const run = await this.#parts.store.runs.latest(threadId);
      if (run?.status === 'running') return true;
      const waits = run?.status === 'awaiting_review';
      if (waits && Date.now() - Date.parse(run.createdAt) < longestReviewMs) return true;
    }
    return false;
  }
}
