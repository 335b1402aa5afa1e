import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { PortTarget } from '../sandbox.ts';
import type { Context } from './context.ts';

const server = (port: number) =>
  `node -e 'require("http").createServer((q, s) => { let n = 0; q.on("data", d => n += d.length); q.on("end", () => s.end(q.method + " " + q.url + " " + n)) }).listen(${port}, () => console.log("up"))'`;

export function portPromises({ sandbox }: Context): void {
  test('a server inside is reached from the host, also with a large body and many at once', async () => {
    const started = await sandbox().exec(server(8_765), { background: true });
    try {
      const target = await sandbox().port(8_765);
      await eventually(() => ask(target, 'GET', '/up'));
      assert.equal(await ask(target, 'POST', '/body', randomBytes(3_000_000)), 'POST /body 3000000');
      const many = Array.from({ length: 20 }, (_, index) => ask(target, 'GET', `/${index}`));
      assert.deepEqual(
        await Promise.all(many),
        Array.from({ length: 20 }, (_, index) => `GET /${index} 0`),
      );
    } finally {
      await sandbox().exec(`kill ${started.processId}`);
    }
  });

  test('a connection that was upgraded carries bytes both ways until one side ends it', async () => {
    const started = await sandbox().exec(echoServer(8_767), { background: true });
    try {
      const target = await sandbox().port(8_767);
      await eventually(() => ask(target, 'GET', '/up'));
      const connection = await upgrade(target);
      const sent = randomBytes(2_000_000);
      connection.write(sent);
      const received: Buffer[] = [];
      let size = 0;
      for await (const chunk of connection as AsyncIterable<Buffer>) {
        received.push(chunk);
        if ((size += chunk.length) >= sent.length) break;
      }
      assert.ok(Buffer.concat(received).equals(sent));
    } finally {
      await sandbox().exec(`kill ${started.processId}`);
    }
  });

  test('a port that nobody listens on says so', async () => {
    const target = await sandbox().port(8_766);
    await assert.rejects(ask(target, 'GET', '/'), (cause) => {
      if (target.kind === 'url') return /502/.test(String(cause));
      return cause instanceof CrosspointError && cause.code === 'port_closed';
    });
  });
}

const echoServer = (port: number) =>
  `node -e 'require("http").createServer((q, s) => s.end("up")).on("upgrade", (q, s) => { s.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n"); s.pipe(s) }).listen(${port})'`;

async function upgrade(target: PortTarget): Promise<Duplex> {
  const headers = { connection: 'Upgrade', upgrade: 'echo' };
  const outgoing =
    target.kind === 'url'
      ? request(target.url, { headers: { ...target.headers, ...headers } })
      : overSocket(await target.connect(), 'GET', '/', headers);
  outgoing.end();
  const [, connection, head] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Duplex, Buffer];
  if (head.length > 0) connection.unshift(head);
  return connection;
}

async function eventually(look: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return void (await look());
    } catch (cause) {
      if (tries > 600) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function ask(target: PortTarget, method: string, path: string, body?: Buffer): Promise<string> {
  const outgoing =
    target.kind === 'url'
      ? request(new URL(path, target.url), { method, headers: target.headers })
      : overSocket(await target.connect(), method, path);
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text}`);
  return text;
}

function overSocket(connection: Duplex, method: string, path: string, headers: Record<string, string> = {}) {
  const createConnection = () => connection;
  return request({ createConnection, method, path, headers: { host: 'localhost', ...headers } });
}
