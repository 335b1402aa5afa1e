import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Crosspoint } from '#tests/support/crosspoint.ts';

/** A page's side of a terminal, which draws and acknowledges at once. */
export class TerminalPage {
  readonly #socket: WebSocket;
  #wanted: { text: string; found: () => void } | null = null;
  /** The end of what came before, which may be the beginning of what is waited for. */
  #rest = '';

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#draw(data);
    });
  }

  static async open(crosspoint: Crosspoint, threadId: string): Promise<TerminalPage> {
    const address = `${crosspoint.origin.replace('http', 'ws')}/api/threads/${threadId}/terminal`;
    const socket = new WebSocket(address, { headers: crosspoint.headers });
    const page = new TerminalPage(socket);
    await once(socket, 'open');
    return page;
  }

  /** Resolves when the text is printed from now on. */
  shows(text: string): Promise<void> {
    this.#rest = '';
    return new Promise((resolve) => (this.#wanted = { text, found: resolve }));
  }

  type(keys: string): Promise<void> {
    return new Promise((resolve) => this.#socket.send(Buffer.from(keys), () => resolve()));
  }

  close(): void {
    this.#socket.close();
  }

  #draw(data: Buffer): void {
    this.#socket.send(JSON.stringify({ type: 'ack', bytes: data.length }));
    if (!this.#wanted) return;
    const printed = this.#rest + data.toString('latin1');
    const { text, found } = this.#wanted;
    this.#rest = printed.slice(-text.length);
    if (!printed.includes(text)) return;
    this.#wanted = null;
    found();
  }
}
