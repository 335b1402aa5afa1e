import { randomUUID } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { Terminal } from './terminal.ts';

const mostOfThread = 8;
/** Milliseconds that a shell goes on without anybody looking. */
const unseenMs = 60 * 60 * 1000;
const sweepMs = 60_000;

/** The terminals of all threads. They end with their shell, when nobody looks for an hour, with their thread and with us. */
export class TerminalDesk {
  readonly #ofThread = new Map<string, Map<string, Terminal>>();
  readonly #sweep: NodeJS.Timeout;

  constructor() {
    this.#sweep = setInterval(() => this.#closeUnseen(), sweepMs).unref();
  }

  list(threadId: string): Terminal[] {
    return [...(this.#ofThread.get(threadId)?.values() ?? [])];
  }

  /** @throws `not_found` */
  find(threadId: string, id: string): Terminal {
    const terminal = this.#ofThread.get(threadId)?.get(id);
    if (!terminal) throw new CrosspointError('not_found', { what: 'terminal' });
    return terminal;
  }

  /** @throws `too_many_terminals` */
  async open(threadId: string, sandbox: Sandbox, columns: number, rows: number): Promise<Terminal> {
    const known = this.#ofThread.get(threadId) ?? new Map<string, Terminal>();
    this.#ofThread.set(threadId, known);
    for (const [id, terminal] of known) if (!terminal.isAlive && !terminal.isSeen) known.delete(id);
    if (known.size >= mostOfThread) throw new CrosspointError('too_many_terminals', { limit: mostOfThread });
    const id = randomUUID();
    const pty = await sandbox.pty({ columns, rows });
    const terminal = new Terminal(id, pty);
    known.set(id, terminal);
    return terminal;
  }

  async close(threadId: string, id: string): Promise<void> {
    const terminal = this.find(threadId, id);
    this.#ofThread.get(threadId)?.delete(id);
    await terminal.kill();
  }

  async closeOf(threadId: string): Promise<void> {
    const terminals = this.list(threadId);
    this.#ofThread.delete(threadId);
    await Promise.all(terminals.map((terminal) => terminal.kill()));
  }

  async closeAll(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#ofThread.keys()].map((threadId) => this.closeOf(threadId)));
  }

  #closeUnseen(): void {
    const before = performance.now() - unseenMs;
    for (const [threadId, terminals] of this.#ofThread) {
      for (const [id, terminal] of terminals) {
        if (terminal.isSeen || terminal.seenAt > before) continue;
        terminals.delete(id);
        // One whose sandbox is lost has nothing left to end.
        terminal.kill().catch(() => undefined);
      }
      if (!terminals.size) this.#ofThread.delete(threadId);
    }
  }
}
