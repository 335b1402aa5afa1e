import type { Pty } from '#server/sandbox/sandbox.ts';
import { Scrollback } from './scrollback.ts';

/** Bytes that a page may be behind. More would wait in front of the echo of its next key. */
const mostUnacknowledged = 64 * 1024;

/** Whoever looks at a terminal; one at a time. */
export interface Viewer {
  send(bytes: Uint8Array): void;
  exit(code: number | null): void;
  /** Another one looks at it now. */
  replaced(): void;
}

/** One shell with its terminal. It outlives the page that shows it; a page that comes back gets what it missed. */
export class Terminal {
  readonly id: string;
  readonly startedAt: string;
  /** `performance.now()` of the last moment that somebody looked. */
  seenAt = performance.now();
  exitCode: number | null | undefined;
  readonly #pty: Pty;
  readonly #scrollback = new Scrollback();
  #viewer: Viewer | null = null;
  #unacknowledged = 0;
  #resume: (() => void) | null = null;

  constructor(id: string, pty: Pty) {
    this.id = id;
    this.startedAt = new Date().toISOString();
    this.#pty = pty;
    pty.onData((bytes) => this.#onData(bytes));
    void pty.exited.then(({ exitCode }) => {
      this.exitCode = exitCode;
      this.#viewer?.exit(exitCode);
    });
  }

  get isAlive(): boolean {
    return this.exitCode === undefined;
  }

  get isSeen(): boolean {
    return this.#viewer !== null;
  }

  /**
   * Shows what there is from `after` on, then everything that comes.
   * @param after byte offset up to which the page has it; what is older than the scrollback is left out
   * @returns the offset of the first byte that is sent, and of the first that is new: between them are bytes that a
   * terminal may have answered before
   */
  attach(viewer: Viewer, after: number): { offset: number; until: number } {
    this.#viewer?.replaced();
    this.#viewer = viewer;
    this.seenAt = performance.now();
    this.#unacknowledged = 0;
    this.#continue();
    return { offset: this.#scrollback.firstAfter(after), until: this.#scrollback.end };
  }

  /** Sends the scrollback; after `attach`, when the page has been told where it begins. */
  replay(viewer: Viewer, offset: number): void {
    if (this.#viewer !== viewer) return;
    for (const bytes of this.#scrollback.from(offset)) this.#show(viewer, bytes);
    if (this.exitCode !== undefined) viewer.exit(this.exitCode);
  }

  detach(viewer: Viewer): void {
    if (this.#viewer !== viewer) return;
    this.#viewer = null;
    this.seenAt = performance.now();
    this.#continue();
  }

  /** The page has drawn so many bytes. */
  acknowledge(viewer: Viewer, bytes: number): void {
    if (this.#viewer !== viewer) return;
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes);
    if (this.#unacknowledged < mostUnacknowledged) this.#continue();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.isAlive) await this.#pty.write(bytes);
  }

  async resize(columns: number, rows: number): Promise<void> {
    if (this.isAlive) await this.#pty.resize(columns, rows);
  }

  async kill(): Promise<void> {
    this.#continue();
    if (this.isAlive) await this.#pty.kill();
  }

  #onData(bytes: Uint8Array): void | Promise<void> {
    this.#scrollback.push(bytes);
    if (!this.#viewer) return;
    this.#show(this.#viewer, bytes);
    if (this.#unacknowledged < mostUnacknowledged) return;
    // Nothing more is read from the shell until the page has caught up.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    return promise;
  }

  #show(viewer: Viewer, bytes: Uint8Array): void {
    this.#unacknowledged += bytes.byteLength;
    viewer.send(bytes);
  }

  #continue(): void {
    this.#resume?.();
    this.#resume = null;
  }
}
