import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket as Socket } from 'ws';
import { TerminalConnection, type TerminalState } from './terminal-connection.ts';

let server: WebSocketServer;
before(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
});
after(() => server.close());

/** A page with one terminal, and what it was told to draw. */
class Page {
  readonly drawn: { text: string; wasPrinted: boolean }[] = [];
  readonly states: TerminalState[] = [];
  readonly connection: TerminalConnection;
  resets = 0;
  gone = false;
  readonly #changed = new EventTarget();

  constructor(id: string | null = null) {
    const { port } = server.address() as AddressInfo;
    const screen = {
      size: () => ({ columns: 80, rows: 24 }),
      write: (bytes: Uint8Array, wasPrinted: boolean, drawn: () => void) => {
        this.drawn.push({ text: Buffer.from(bytes).toString(), wasPrinted });
        drawn();
        this.#changed.dispatchEvent(new Event('change'));
      },
      reset: () => void (this.resets += 1),
    };
    this.connection = new TerminalConnection(`ws://127.0.0.1:${port}/terminal`, id, screen, {
      onid: () => undefined,
      onState: (state) => {
        this.states.push(state);
        this.#changed.dispatchEvent(new Event('change'));
      },
      isGone: () => Promise.resolve(this.gone),
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changed, 'change');
  }
}

let page: Page;
afterEach(() => page.connection.leave());

interface Visit {
  socket: Socket;
  query: URLSearchParams;
  /** The next text frame of this type. */
  told(type: string): Promise<Record<string, unknown>>;
}

async function visited(): Promise<Visit> {
  const [socket, request] = (await once(server, 'connection')) as [Socket, { url: string }];
  const frames: Record<string, unknown>[] = [];
  const arrived = new EventTarget();
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    frames.push(
      isBinary
        ? { type: 'bytes', text: data.toString() }
        : (JSON.parse(data.toString()) as object as Record<string, unknown>),
    );
    arrived.dispatchEvent(new Event('frame'));
  });
  const told = async (type: string) => {
    for (;;) {
      const index = frames.findIndex((frame) => frame.type === type);
      const [frame] = index < 0 ? [] : frames.splice(index, 1);
      if (frame) return frame;
      await once(arrived, 'frame');
    }
  };
  return { socket, query: new URLSearchParams(request.url.split('?')[1]), told };
}

const ready = (offset: number, until: number, id = 't1') =>
  JSON.stringify({ type: 'ready', id, offset, until });

test('a new terminal is opened in the size of the page, gets what was typed early, and is told what was drawn', async () => {
  const opened = visited();
  page = new Page();
  page.connection.send(new TextEncoder().encode('early'));
  const { socket, query, told } = await opened;
  assert.deepEqual(Object.fromEntries(query), { terminal: 'new', columns: '80', rows: '24', after: '0' });
  socket.send(ready(0, 0));
  assert.deepEqual(await told('bytes'), { type: 'bytes', text: 'early' });
  socket.send(Buffer.from('abc'));
  assert.deepEqual(await told('ack'), { type: 'ack', bytes: 3 });
  assert.deepEqual(page.drawn, [{ text: 'abc', wasPrinted: false }]);
});

test('after a lost connection the same terminal goes on behind the last byte that came', async () => {
  const opened = visited();
  page = new Page();
  const first = await opened;
  first.socket.send(ready(0, 0));
  first.socket.send(Buffer.from('abc'));
  await page.until(() => page.drawn.length === 1);
  const again = visited();
  first.socket.terminate();
  const second = await again;
  assert.equal(second.query.get('terminal'), 't1');
  assert.equal(second.query.get('after'), '3');
  second.socket.send(ready(3, 5));
  second.socket.send(Buffer.from('de'));
  second.socket.send(Buffer.from('f'));
  await page.until(() => page.drawn.length === 3);
  assert.deepEqual(page.drawn.slice(1), [
    { text: 'de', wasPrinted: true },
    { text: 'f', wasPrinted: false },
  ]);
  assert.equal(page.resets, 0);
  assert.deepEqual(page.states, ['connecting', 'live', 'lost', 'live']);
});

test('what is no longer kept is not pretended: the screen begins anew where the server begins', async () => {
  const opened = visited();
  page = new Page('t9');
  const { socket, query } = await opened;
  assert.equal(query.get('terminal'), 't9');
  socket.send(ready(1_000, 1_003));
  socket.send(Buffer.from('xyz'));
  await page.until(() => page.drawn.length === 1);
  assert.equal(page.resets, 1);
  assert.equal(page.drawn[0]?.wasPrinted, true);
});

test('a terminal that another page took over is not taken back by itself, but when the person says so', async () => {
  const opened = visited();
  page = new Page('t1');
  const { socket } = await opened;
  socket.send(ready(0, 0));
  socket.close(4001);
  await page.until(() => page.states.includes('elsewhere'));
  const again = visited();
  page.connection.takeBack();
  (await again).socket.send(ready(0, 0));
  await page.until(() => page.states.at(-1) === 'live');
  assert.deepEqual(page.states, ['connecting', 'live', 'elsewhere', 'connecting', 'live']);
});

test('a terminal that is no more is not asked for again', async () => {
  const opened = visited();
  page = new Page('t1');
  page.gone = true;
  (await opened).socket.terminate();
  await page.until(() => page.states.includes('gone'));
  assert.deepEqual(page.states, ['connecting', 'lost', 'gone']);
});
