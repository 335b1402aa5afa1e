import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, readyLink, startServer, temporaryFolder, token } from './support/server-process.ts';

const root = `${import.meta.dirname}/../..`;
const recorder = `${import.meta.dirname}/support/record-connections.ts`;

interface Noted {
  host?: string;
  hostname?: string;
  port?: string | number;
  path?: string;
  lookup?: string;
}

/** Starts the server with what it would find on a new machine, does `use`, and gives all connections that it began. */
async function connectionsDuring(
  env: Record<string, string>,
  use: (origin: string) => Promise<void>,
): Promise<Noted[]> {
  using folder = temporaryFolder();
  const file = join(folder.path, 'connections');
  const server = startServer(
    {
      CROSSPOINT_DATA_DIR: join(folder.path, 'data'),
      CROSSPOINT_API_TOKEN: token,
      CROSSPOINT_REFRESH_MODELS: 'on',
      CONNECTIONS_FILE: file,
      PORT: '0',
      ...env,
    },
    folder.path,
    ['--import', recorder, `${root}/server.ts`],
  );
  try {
    await use(new URL(await readyLink(server)).origin);
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Noted);
}

/** The address that was asked for; null for a socket of the file system, where the sandbox is. */
function addressOf({ host, hostname, port, path, lookup, ...rest }: Noted): string | null {
  if (typeof path === 'string' && port === undefined) return null;
  // The server's own address is "looked up" when it begins to listen.
  if (lookup !== undefined) return isIP(lookup) ? null : `the name ${lookup}`;
  return port === undefined ? JSON.stringify(rest) : `${host ?? hostname ?? 'localhost'}:${port}`;
}

test('with no key, a whole task and every look at the models reach nothing but the usual ports of local servers (T8)', async () => {
  const noted = await connectionsDuring({}, async (origin) => {
    const body = { message: 'Fix the failing test', approvalMode: 'auto' };
    const answer = await ask(origin, 'POST', '/api/agent', body);
    assert.equal(answer.status, 200, await answer.text());
    for (const path of ['/api/models', '/api/config', '/api/usage', '/'])
      assert.equal((await ask(origin, 'GET', path)).status, 200, path);
  });
  const addresses = new Set(noted.map(addressOf).filter((address) => address !== null));
  const local = new Set([11434, 1234, 8080, 8000].map((port) => `127.0.0.1:${port}`));
  assert.deepEqual(
    [...addresses].filter((address) => !local.has(address)),
    [],
  );
  assert.ok(addresses.size > 0, 'connections are noted');
});

test('with one key, only the host that was configured for it is asked beside them (T8)', async () => {
  const env = {
    GROQ_API_KEY: 'gsk-0123456789abcdef',
    GROQ_BASE_URL: 'http://127.0.0.1:9/openai/v1',
    CROSSPOINT_DEADLINE_SCALE: '0.05',
    CROSSPOINT_REFRESH_MODELS: 'off',
  };
  const noted = await connectionsDuring(env, async (origin) => {
    const body = { message: 'Hello', modelConfig: { provider: 'groq', model: 'openai/gpt-oss-20b' } };
    const answer = await ask(origin, 'POST', '/api/agent', body);
    assert.equal(answer.status >= 500, true, await answer.text());
    await (await ask(origin, 'GET', '/api/models')).text();
  });
  const addresses = noted.map(addressOf).filter((address) => address !== null);
  assert.deepEqual(
    addresses.filter((address) => !address.startsWith('127.0.0.1:')),
    [],
  );
  assert.ok(
    noted.some((each) => addressOf(each) === '127.0.0.1:9'),
    'the configured host is asked',
  );
});
