import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { WorkspacesParts } from './parts.ts';
import type { ThreadOfSandbox } from './types.ts';

/** Milliseconds for which a sandbox of a service that answered is not asked again whether it still exists. */
const freshMs = 15_000;
const keepAliveEveryMs = 60_000;
/** Milliseconds after its last use, that of a preview too, for which a sandbox is kept alive. */
const usedMs = 10 * 60 * 1000;
/** Milliseconds that a review may wait before its sandbox may pause; its files stay, and it is started again. */
const longestReviewMs = 24 * 60 * 60 * 1000;

interface Handle {
  sandbox: Sandbox;
  checkedAt: number;
  usedAt: number;
  threads: Set<string>;
}

type HandleParts = Pick<WorkspacesParts, 'store' | 'history' | 'hasTerminal' | 'logger'>;

/** Sandboxes that this process has opened. Those that something goes on in are kept alive. */
export class Handles {
  readonly #parts: HandleParts;
  readonly #bySandbox = new Map<string, Handle>();
  readonly #timer: NodeJS.Timeout;

  constructor(parts: HandleParts) {
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
    handle.usedAt = performance.now();
    return handle.sandbox;
  }

  put({ id, sandboxId }: ThreadOfSandbox, sandbox: Sandbox): void {
    const threads = this.#bySandbox.get(sandboxId)?.threads ?? new Set<string>();
    threads.add(id);
    const now = performance.now();
    this.#bySandbox.set(sandboxId, { sandbox, checkedAt: now, usedAt: now, threads });
  }

  forget(sandboxId: string): void {
    this.#bySandbox.delete(sandboxId);
  }

  /**
   * A service pauses or ends a sandbox that nobody talks to, whatever runs in it. What a person does in a terminal is no
   * request that the files could be kept with: it is kept here.
   */
  async keepAlive(now: number = performance.now()): Promise<void> {
    for (const [sandboxId, { sandbox, threads, usedAt }] of this.#bySandbox) {
      try {
        const hasTerminal = [...threads].some((threadId) => this.#parts.hasTerminal(threadId));
        const isUsed = hasTerminal || now - usedAt < usedMs || (await this.#isRunning(threads));
        if (isUsed) await sandbox.keepAlive();
        if (hasTerminal && sandbox.durability === 'none')
          await this.#parts.history.save(sandbox, sandboxId, 'person');
      } catch (cause) {
        this.#parts.logger.warn({ cause, sandboxId }, 'a sandbox could not be kept alive');
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #isRunning(threads: ReadonlySet<string>): Promise<boolean> {
    for (const threadId of threads) {
      const run = await this.#parts.store.runs.latest(threadId);
      if (run?.status === 'running') return true;
      const waits = run?.status === 'awaiting_review';
      if (waits && Date.now() - Date.parse(run.createdAt) < longestReviewMs) return true;
    }
    return false;
  }
}
