import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { newThread } from '#server/agent/new-thread.ts';
import { openTestServer, token, type TestServer } from './testing/test-server.ts';

/** Everything here runs in a real pod, behind the real server. */
describe('the workspace of a thread over HTTP', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let server: TestServer;
  let at: string;
  before(async () => {
    fixture = await localFixture();
    server = await openTestServer({ sandboxes: fixture.provider });
    const thread = newThread('owner', { provider: 'demo', model: 'm' }, 'local');
    await server.store.threads.create(thread);
    at = `/api/threads/${thread.id}`;
  });
  after(async () => {
    await server.close();
    await fixture[Symbol.asyncDispose]();
  });

  const json = async <Body>(answer: Promise<Response>, status = 200): Promise<Body> => {
    const response = await answer;
    const body = (await response.json()) as Body;
    assert.equal(response.status, status, JSON.stringify(body));
    return body;
  };
  const bytes = { 'content-type': 'application/octet-stream' };

  test('a file is saved over what the person saw, and never over what somebody else wrote since', async () => {
    const save = (body: object, status = 200) =>
      json<{ hash: string; code?: string }>(server.send('PUT', `${at}/files/content`, body), status);
    const first = await save({ path: 'a/one.txt', content: 'one\n', hash: null });
    const second = await save({ path: 'a/one.txt', content: 'two\n', hash: first.hash });
    assert.equal(
      (await save({ path: 'a/one.txt', content: 'three', hash: first.hash }, 409)).code,
      'file_changed',
    );
    assert.equal((await save({ path: 'a/one.txt', content: 'new', hash: null }, 409)).code, 'file_changed');
    const read = await json<{ content: string; hash: string }>(
      server.send('GET', `${at}/files/content?path=a/one.txt`),
    );
    assert.deepEqual([read.content, read.hash], ['two\n', second.hash]);
    assert.equal((await save({ path: '../x', content: '' }, 400)).code, 'path_outside_workspace');
    await json(server.send('DELETE', `${at}/files?path=a/one.txt`));
    await json(server.send('GET', `${at}/files/content?path=a/one.txt`), 404);
  });

  test('what is uploaded is downloaded byte for byte: a file, and a folder as an archive', async () => {
    const content = Buffer.from([0, 255, 10, 13, 128, 7]);
    const upload = (path: string, body: Buffer) =>
      fetch(`${server.origin}${at}/files/upload?${path}`, {
        method: 'POST',
        headers: { ...server.headers, ...bytes },
        body,
      });
    await json(upload(`path=${encodeURIComponent('ü b/c.bin')}`, content));
    const file = await server.send('GET', `${at}/files/download?path=${encodeURIComponent('ü b/c.bin')}`);
    assert.ok(Buffer.from(await file.arrayBuffer()).equals(content));
    assert.match(file.headers.get('content-disposition') ?? '', /^attachment; /);
    const archive = await server.send('GET', `${at}/files/download?path=${encodeURIComponent('ü b')}`);
    const packed = Buffer.from(await archive.arrayBuffer());
    await json(upload('path=copy&unpack=tar', packed));
    const again = await server.send(
      'GET',
      `${at}/files/download?path=${encodeURIComponent('copy/ü b/c.bin')}`,
    );
    assert.ok(Buffer.from(await again.arrayBuffer()).equals(content));
    const outside = await upload('path=../../x&unpack=tar', packed);
    assert.equal(outside.status, 400);
    assert.equal((await upload('path=broken&unpack=tar', Buffer.from('no archive'))).status, 400);
  });

  test('a body that is not sent as bytes is refused, as a foreign page could send it', async () => {
    const answer = await fetch(`${server.origin}${at}/files/upload?path=x`, {
      method: 'POST',
      headers: { ...server.headers, 'content-type': 'text/plain' },
      body: 'x',
    });
    assert.equal(answer.status, 415);
  });

  test('a terminal runs in the sandbox, and a page that comes back gets what it missed', async () => {
    const first = await openTerminal(server, `${at}/terminal?columns=90&rows=30`);
    first.socket.send(Buffer.from('stty size; echo "si""xty"\n'));
    await first.shows(/30 90\r\n[^]*sixty\r\n/);
    const { id } = first.ready;
    first.socket.close();
    await once(first.socket, 'close');
    const listed = await json<{ terminals: { id: string; alive: boolean }[] }>(
      server.send('GET', `${at}/terminals`),
    );
    assert.deepEqual(
      listed.terminals.map((each) => [each.id, each.alive]),
      [[id, true]],
    );
    const second = await openTerminal(server, `${at}/terminal?terminal=${id}&columns=100&rows=40`);
    await second.shows(/sixty\r\n/);
    second.socket.send(Buffer.from('stty size\n'));
    await second.shows(/40 100\r\n/);
    const third = await openTerminal(server, `${at}/terminal?terminal=${id}&after=${1e9}`);
    const [code] = (await once(second.socket, 'close')) as [number];
    assert.equal(code, 4001, 'the page before it is told');
    third.socket.send(JSON.stringify({ type: 'resize', columns: 70, rows: 20 }));
    third.socket.send(Buffer.from('stty size; exit 3\n'));
    await third.shows(/20 70\r\n/);
    assert.deepEqual(await third.exit, { type: 'exit', code: 3 });
    third.socket.close();
  });

  test('a flood is held back until the page has drawn it, and Ctrl-C still gets through', async () => {
    const page = await openTerminal(server, `${at}/terminal`, false);
    page.socket.send(Buffer.from('yes flood\n'));
    await page.shows(/(flood\r\n){100}/);
    page.socket.send(Buffer.from('\u0003'));
    // Nothing was acknowledged yet: what is on its way is bounded.
    assert.ok(page.received() < 1_000_000, `${page.received()} bytes`);
    page.acknowledge();
    await page.shows(/\^C\r\n[^]*[$#] /);
    page.socket.send(JSON.stringify({ type: 'close' }));
    await page.exit;
    page.socket.close();
  });

  test('a terminal is for whoever is signed in, from our own page, and for threads that are there', async () => {
    const path = `${at}/terminal`;
    assert.equal(await refusedStatus(server, path, {}), 401);
    assert.equal(await refusedStatus(server, path, { ...auth, origin: 'http://evil.example' }), 403);
    assert.equal(await refusedStatus(server, path, { ...auth, host: 'evil.example' }), 421);
    assert.equal(await refusedStatus(server, '/api/threads/none/terminal', auth), 404);
    assert.equal(await refusedStatus(server, `${path}?terminal=none`, auth), 404);
    assert.equal(await refusedStatus(server, `${path}?columns=x`, auth), 400);
    assert.equal(await refusedStatus(server, '/api/models', auth), 404);
  });

  test('a server in the sandbox is seen under an origin of its own, without any cookie, its WebSocket too', async () => {
    const program = `
      const { createServer } = require('node:http');
      const { createHash } = require('node:crypto');
      const s = createServer((q, r) => {
        r.writeHead(200, { 'set-cookie': 'a=1', 'x-frame-options': 'DENY', 'content-type': 'text/plain' });
        r.end(JSON.stringify({ url: q.url, host: q.headers.host, cookie: q.headers.cookie ?? null, auth: q.headers.authorization ?? null }));
      });
      s.on('upgrade', (q, socket, head) => {
        const key = createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + key + '\\r\\n\\r\\n');
        socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
      });
      s.listen(4173, 'localhost');`;
    await json(server.send('PUT', `${at}/files/content`, { path: 'serve.cjs', content: program }));
    const thread = await server.store.threads.get('owner', at.split('/').at(-1) ?? '');
    const sandbox = await fixture.provider.open(thread?.sandboxId ?? '');
    const before = await json<{ url: string }>(server.send('POST', `${at}/previews`, { port: 4173 }));
    const host = new URL(before.url).host;
    assert.match(host, new RegExp(`^[0-9a-f]{32}\\.localhost:${server.port}$`));
    const closed = await get(server, host, '/');
    assert.equal(closed.status, 502);
    assert.match(closed.text, /Nothing answers on port 4173/);
    const { processId } = await sandbox.exec('node serve.cjs', { background: true });
    let ports: { port: number; program: string }[] = [];
    while (!ports.some(({ port }) => port === 4173))
      ({ ports } = await json<{ ports: typeof ports }>(server.send('GET', `${at}/ports`)));
    const seen = await get(server, host, '/x?y=1', {
      cookie: 'crosspoint=secret',
      authorization: 'Bearer secret',
    });
    assert.deepEqual(JSON.parse(seen.text), {
      url: '/x?y=1',
      host: 'localhost:4173',
      cookie: null,
      auth: null,
    });
    assert.equal(seen.headers['set-cookie'], undefined);
    assert.equal(seen.headers['x-frame-options'], undefined);
    assert.match(String(seen.headers['content-security-policy']), /frame-ancestors http:\/\/localhost:/);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/hmr`, { headers: { host } });
    const [message] = (await once(socket, 'message')) as [Buffer];
    assert.equal(message.toString(), 'hello');
    socket.terminate();
    const again = await json<{ url: string }>(server.send('POST', `${at}/previews`, { port: 4173 }));
    assert.equal(again.url, before.url, 'the same port keeps its address');
    await sandbox.exec(`kill ${processId}`);
  });

  test('under the host of a preview there is nothing of ours, and a token that is none shows nothing', async () => {
    const { url } = await json<{ url: string }>(server.send('POST', `${at}/previews`, { port: 4999 }));
    const { host } = new URL(url);
    for (const path of ['/api/threads', '/healthz', '/v1/models'])
      assert.equal((await get(server, host, path, auth)).status, 502, path);
    const other = host.replace(/^.{32}/, '0'.repeat(32));
    assert.equal((await get(server, other, '/')).status, 404);
    assert.equal((await get(server, `x.localhost:${server.port}`, '/')).status, 421);
  });

  test("the person's repository: what is changed, a new branch, a commit", async () => {
    type View = { repository: boolean; branch: string | null; changed: number };
    const thread = await server.store.threads.get('owner', at.split('/').at(-1) ?? '');
    const sandbox = await fixture.provider.open(thread?.sandboxId ?? '');
    const clean = await sandbox.exec(
      'rm -rf ./* && git init --quiet --initial-branch=main && echo 1 > one.txt',
    );
    assert.equal(clean.exitCode, 0, clean.stderr);
    const view = (path = '', body?: object, status = 200) =>
      json<View & { code?: string }>(server.send(body ? 'POST' : 'GET', `${at}/git${path}`, body), status);
    assert.deepEqual(await view().then(({ branch, changed }) => [branch, changed]), ['main', 1]);
    assert.equal((await view('/commit', { message: 'The first\n\nwith "quotes" and $(words)' })).changed, 0);
    assert.equal((await view('/branch', { name: 'a/new-branch' })).branch, 'a/new-branch');
    for (const name of ['--force', 'a b', 'x..y'])
      assert.equal((await view('/branch', { name }, 400)).code, 'git_failed', name);
    assert.equal(
      (await view('/clone', { url: 'https://git.example/x.git' }, 409)).code,
      'workspace_not_empty',
    );
    assert.equal((await view('/branch', { name: '$(id)' })).branch, '$(id)', 'a name, never a command');
    const log = await sandbox.exec('git log --format=%B -1');
    assert.equal(log.stdout.trim(), 'The first\n\nwith "quotes" and $(words)');
  });
});

const auth = { authorization: `Bearer ${token}` };

interface OpenTerminal {
  socket: WebSocket;
  ready: { id: string; offset: number };
  exit: Promise<{ type: string; code: number | null }>;
  received(): number;
  /** From here on everything is acknowledged, as a page does that has drawn it. */
  acknowledge(): void;
  shows(pattern: RegExp): Promise<void>;
}

/** A page's side of a terminal. */
async function openTerminal(server: TestServer, path: string, acknowledges = true): Promise<OpenTerminal> {
  const socket = new WebSocket(`${server.origin.replace('http', 'ws')}${path}`, { headers: auth });
  let text = '';
  let unacknowledged = 0;
  let wake: () => void = () => undefined;
  let isDrawing = acknowledges;
  const ready = Promise.withResolvers<OpenTerminal['ready']>();
  const exit = Promise.withResolvers<{ type: string; code: number | null }>();
  const acknowledge = () => {
    if (unacknowledged) socket.send(JSON.stringify({ type: 'ack', bytes: unacknowledged }));
    unacknowledged = 0;
  };
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) {
      const message = JSON.parse(data.toString()) as {
        type: string;
        id: string;
        offset: number;
        code: number;
      };
      if (message.type === 'ready') ready.resolve(message);
      if (message.type === 'exit') exit.resolve(message);
      return;
    }
    text += data.toString('latin1');
    unacknowledged += data.length;
    if (isDrawing) acknowledge();
    wake();
  });
  socket.on('error', ready.reject);
  return {
    socket,
    ready: await ready.promise,
    exit: exit.promise,
    received: () => text.length,
    acknowledge() {
      isDrawing = true;
      acknowledge();
    },
    async shows(pattern) {
      while (!pattern.test(text)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

function refusedStatus(server: TestServer, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', reject);
  });
}

/** As a browser asks that knows where `*.localhost` is. */
async function get(server: TestServer, host: string, path: string, headers: Record<string, string> = {}) {
  const asked = httpRequest({ host: '127.0.0.1', port: server.port, path, headers: { ...headers, host } });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, headers: answer.headers, text };
}
