import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ask,
  readyLink,
  startServer,
  temporaryFolder,
  token,
  type ServerProcess,
} from './support/server-process.ts';

/** Far more than a process takes to end on a machine that is busy with other work. */
const endLimitMs = 60_000;

/** It ends by itself with a code other than 0, and says why in one sentence, without a stack. */
async function refuses(env: Record<string, string>, sentence: RegExp, cwd?: string): Promise<void> {
  const server = startServer({ PORT: '0', ...env }, cwd);
  // One that starts after all must not stay.
  const kill = setTimeout(() => server.child.kill('SIGKILL'), endLimitMs);
  assert.equal(await server.ended, 1, server.stdout + server.stderr);
  clearTimeout(kill);
  assert.equal(server.stdout, '');
  assert.match(server.stderr, sentence);
  assert.equal(server.stderr.trim().split('\n').length, 1, server.stderr);
}

async function stop(server: ServerProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  server.child.kill(signal);
  // It gives itself a few seconds to end, after which its code would be another.
  assert.equal(await server.ended, 0, server.stderr);
}

test('a port that is taken is said with the way out', async () => {
  using folder = temporaryFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await refuses(
    { CROSSPOINT_DATA_DIR: folder.path, PORT: String(port) },
    new RegExp(`Port ${port} is taken.*PORT=${port + 1}`),
  );
  other.close();
});

test('a data directory that cannot be written is said with the variable', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  await refuses({ CROSSPOINT_DATA_DIR: file }, /cannot be written .*CROSSPOINT_DATA_DIR/);
  await refuses({ CROSSPOINT_DATA_DIR: join(file, 'below') }, /cannot be written .*CROSSPOINT_DATA_DIR/);
  await refuses({ CROSSPOINT_DATA_DIR: '/proc/crosspoint' }, /cannot be written .*CROSSPOINT_DATA_DIR/);
});

test('an address that other machines reach is refused: there is no identity provider', async () => {
  using folder = temporaryFolder();
  for (const HOST of ['0.0.0.0', '::', '192.168.1.1', 'example.com', '127.evil.test'])
    await refuses({ CROSSPOINT_DATA_DIR: folder.path, HOST }, /^HOST: .* can be reached from other machines/);
});

test('a wrong variable is named, whether it comes from the environment or from .env', async () => {
  using folder = temporaryFolder();
  const data = { CROSSPOINT_DATA_DIR: join(folder.path, 'data') };
  const wrong: [string, string][] = [
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['CROSSPOINT_API_TOKEN', 'short'],
    ['SANDBOX', 'docker'],
    ['SANDBOX', 'e2b'],
    ['HELICONE_MODE', 'both'],
    ['OPENAI_BASE_URL', 'not a url'],
    ['CUSTOM_PROVIDERS', '{'],
    ['DATABASE_URL', 'mysql://x'],
    ['DATABASE_URL', 'postgres://localhost/x'],
    ['CROSSPOINT_DEADLINE_SCALE', '0'],
    ['DEFAULT_MODEL', 'no-such/model-at-all'],
  ];
  for (const [name, value] of wrong) await refuses({ ...data, [name]: value }, new RegExp(`^${name}: `));
  writeFileSync(join(folder.path, '.env'), 'HELICONE_MODE=both\n');
  await refuses(data, /^HELICONE_MODE: /, folder.path);
});

test('a damaged record is not started over: a sentence, and a copy', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'crosspoint.db'), 'this is no database '.repeat(1_000));
  await refuses({ CROSSPOINT_DATA_DIR: folder.path }, /is damaged/);
  assert.ok(readdirSync(folder.path).some((name) => name.startsWith('crosspoint.db.damaged-')));
});

test('one line when it is ready; health, the printed key, a second login link, and a clean end', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  writeFileSync(
    join(folder.path, '.env'),
    `CROSSPOINT_API_TOKEN=${'from-the-file-'.repeat(4)}\nCROSSPOINT_DATA_DIR=./data\n`,
  );
  const server = startServer({ PORT: '0', CROSSPOINT_API_TOKEN: token }, folder.path);
  const link = new URL(await readyLink(server));
  assert.equal(server.stdout.trim(), `Crosspoint is ready: ${link.href}`);
  const { origin } = link;
  const health = await fetch(`${origin}/healthz`);
  assert.deepEqual([health.status, await health.text()], [200, '{"status":"ok"}']);
  // What is really set wins over the file.
  assert.equal((await ask(origin, 'GET', '/api/threads')).status, 200);
  const exchange = (key: string) => ask(origin, 'POST', '/auth/exchange', { key });
  const key = link.hash.replace('#k=', '');
  assert.equal((await exchange(key)).status, 200);
  assert.equal((await exchange(key)).status, 401);
  const command = [`${import.meta.dirname}/../../scripts/start.js`, 'login'];
  const login = startServer({ CROSSPOINT_DATA_DIR: data }, folder.path, command);
  assert.equal(await login.ended, 0, login.stderr);
  const second = new URL(login.stdout.trim());
  assert.equal(second.origin, origin);
  assert.equal((await exchange(second.hash.replace('#k=', ''))).status, 200);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  for (const name of readdirSync(data).filter((name) => /\.(?:db|key|json|lock)/.test(name)))
    assert.equal(statSync(join(data, name)).mode & 0o077, 0, name);
  assert.ok(readdirSync(data).includes('server.json'));
  await stop(server);
  assert.ok(!readdirSync(data).includes('server.json'));
  assert.equal(server.stderr, '');
});

test('two processes on one data directory: the second says which one has it; after kill -9 it is free at once', async () => {
  using folder = temporaryFolder();
  const env = { CROSSPOINT_DATA_DIR: folder.path, PORT: '0' };
  const first = startServer(env);
  const { origin } = new URL(await readyLink(first));
  await refuses(
    env,
    new RegExp(`Another Crosspoint \\(process ${first.child.pid}, ${origin}\\) already uses`),
  );
  first.child.kill('SIGKILL');
  await first.ended;
  const second = startServer(env);
  await readyLink(second);
  await stop(second, 'SIGINT');
});

test('a folder that holds other things keeps its mode', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'other'));
  chmodSync(folder.path, 0o755);
  const server = startServer({ CROSSPOINT_DATA_DIR: folder.path, PORT: '0' });
  await readyLink(server);
  assert.equal(statSync(folder.path).mode & 0o777, 0o755);
  await stop(server);
});

test('while it starts, everything answers 503, and a signal ends it cleanly', async () => {
  using folder = temporaryFolder();
  const { HttpServer } = await import('#server/http/http-server.ts');
  const server = await HttpServer.listen('127.0.0.1', 0);
  for (const path of ['/healthz', '/', '/api/threads', '/auth/exchange']) {
    const answer = await fetch(server.origin + path);
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [503, 'starting']);
  }
  await server.close();
  const early = startServer({ CROSSPOINT_DATA_DIR: folder.path, PORT: '0' });
  while (!readdirSync(folder.path).includes('server.json'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  early.child.kill('SIGTERM');
  assert.equal(await early.ended, 0, early.stderr);
});

test('no key and no token is in the log, in an error or in an answer, at any log level', async () => {
  using folder = temporaryFolder();
  const key = 'sk-canary-0123456789abcdef';
  const env = {
    CROSSPOINT_DATA_DIR: folder.path,
    PORT: '0',
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
  };
  const server = startServer({
    ...env,
    CROSSPOINT_API_TOKEN: token,
    LOG_LEVEL: 'trace',
    CROSSPOINT_DEADLINE_SCALE: '0.05',
  });
  const { origin } = new URL(await readyLink(server));
  const failed = await ask(origin, 'POST', '/api/agent', { message: 'Hello.', modelName: 'openai/gpt-5.5' });
  const body = await failed.text();
  assert.ok(failed.status >= 500, body);
  const config = await (await ask(origin, 'GET', '/api/config')).text();
  await stop(server);
  for (const text of [body, config, server.stdout, server.stderr]) {
    assert.ok(!text.includes(key), text);
    assert.ok(!text.includes(token), text);
  }
});

test(
  'when npm and its shell are killed, the server that they started ends too',
  { timeout: 240_000 },
  async () => {
    using folder = temporaryFolder();
    const script = `"${process.execPath}" "${import.meta.dirname}/../../scripts/start.js"; exit`;
    const shell = spawn('sh', ['-c', script], {
      env: {
        PATH: process.env.PATH,
        CROSSPOINT_DATA_DIR: folder.path,
        CROSSPOINT_NO_INSTALL: '1',
        PORT: '0',
        npm_lifecycle_event: 'start',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(shell, 'close');
    for await (const chunk of shell.stdout) if (String(chunk).includes('is ready')) break;
    assert.ok(readdirSync(folder.path).includes('server.json'));
    shell.kill('SIGTERM');
    await ended;
    while (readdirSync(folder.path).includes('server.json'))
      await new Promise((resolve) => setTimeout(resolve, 50));
  },
);
