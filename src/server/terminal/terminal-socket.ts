import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { WebSocketServer, type WebSocket } from 'ws';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { Terminal, Viewer } from './terminal.ts';
import type { TerminalDesk } from './terminal-desk.ts';

/** Bytes of one message of a page: a paste, at most. */
const mostMessageBytes = 1024 * 1024;
const pingMs = 30_000;
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000));

/** Text frames of the page; binary frames are what was typed. */
const commandSchema = v.variant('type', [
  v.object({ type: v.literal('resize'), columns: side, rows: side }),
  v.object({ type: v.literal('ack'), bytes: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  v.object({ type: v.literal('close') }),
]);

export interface TerminalQuery {
  threadId: string;
  /** null: a new one. */
  terminalId: string | null;
  columns: number;
  rows: number;
  after: number;
}

/** @throws `bad_request` */
export function readTerminalQuery(threadId: string, query: URLSearchParams): TerminalQuery {
  const number = (name: string, usual: number, most: number) => {
    const value = Number(query.get(name) ?? usual);
    if (!Number.isInteger(value) || value < 0 || value > most)
      throw new CrosspointError('bad_request', { detail: `${name} must be a whole number up to ${most}.` });
    return value;
  };
  const id = query.get('terminal') ?? 'new';
  return {
    threadId,
    terminalId: id === 'new' ? null : id,
    columns: Math.max(1, number('columns', 80, 1_000)),
    rows: Math.max(1, number('rows', 24, 1_000)),
    after: number('after', 0, Number.MAX_SAFE_INTEGER),
  };
}

/** The WebSocket of a terminal: bytes as binary frames both ways, control as JSON in text frames. */
export class TerminalSockets {
  readonly #desk: TerminalDesk;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: mostMessageBytes });

  constructor(desk: TerminalDesk) {
    this.#desk = desk;
  }

  /** Who asks was checked before. @throws CrosspointError before the handshake, so that it can be answered */
  async accept(
    query: TerminalQuery,
    sandbox: () => Promise<Sandbox>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { threadId, terminalId, columns, rows, after } = query;
    const terminal = terminalId
      ? this.#desk.find(threadId, terminalId)
      : await this.#desk.open(threadId, await sandbox(), columns, rows);
    this.#server.handleUpgrade(request, socket, head, (page) => {
      this.#connect(threadId, terminal, page, after);
      if (terminalId) terminal.resize(columns, rows).catch(() => page.close(1011));
    });
  }

  /** Those of a session that ended, or all. */
  closeAll(): void {
    for (const page of this.#server.clients) page.close(1001);
  }

  #connect(threadId: string, terminal: Terminal, page: WebSocket, after: number): void {
    const viewer = viewerOf(page);
    const { offset, until } = terminal.attach(viewer, after);
    page.send(JSON.stringify({ type: 'ready', id: terminal.id, offset, until }));
    terminal.replay(viewer, offset);
    let isThere = true;
    const ping = setInterval(() => {
      if (!isThere) return page.terminate();
      isThere = false;
      page.ping();
    }, pingMs).unref();
    page.on('pong', () => (isThere = true));
    page.on('close', () => {
      clearInterval(ping);
      terminal.detach(viewer);
    });
    page.on('error', () => page.terminate());
    page.on('message', (data: Buffer, isBinary: boolean) => {
      this.#onMessage(threadId, terminal, viewer, data, isBinary).catch(() => page.close(1011));
    });
  }

  async #onMessage(
    threadId: string,
    terminal: Terminal,
    viewer: Viewer,
    data: Buffer,
    isBinary: boolean,
  ): Promise<void> {
    if (isBinary) return terminal.write(data);
    const command = v.parse(commandSchema, JSON.parse(data.toString()));
    if (command.type === 'ack') return terminal.acknowledge(viewer, command.bytes);
    if (command.type === 'resize') return terminal.resize(command.columns, command.rows);
    return this.#desk.close(threadId, terminal.id);
  }
}

/** Its own close code tells a page that another one took over, so that it does not take it back at once. */
const replacedCode = 4001;

function viewerOf(page: WebSocket): Viewer {
  return {
    send: (bytes) => page.send(bytes, { binary: true }),
    exit: (code) => {
      page.send(JSON.stringify({ type: 'exit', code }));
    },
    replaced: () => page.close(replacedCode),
  };
}
