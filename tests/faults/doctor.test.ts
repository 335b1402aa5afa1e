import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readyLink, startServer, temporaryFolder } from './support/server-process.ts';

const start = `${import.meta.dirname}/../../scripts/start.js`;

/** No machine of a test has one of these. */
const noLocalServers = Object.fromEntries(
  ['OLLAMA', 'LMSTUDIO', 'LLAMACPP', 'VLLM'].map((name) => [`${name}_BASE_URL`, 'http://127.0.0.1:1']),
);

async function doctor(
  env: Record<string, string>,
  cwd: string,
): Promise<{ code: number | string; lines: string[] }> {
  const run = startServer({ ...noLocalServers, ...env }, cwd, [start, 'doctor']);
  const code = await run.ended;
  assert.equal(run.stderr, '');
  return { code, lines: run.stdout.trimEnd().split('\n') };
}

const find = (lines: string[], subject: string) => {
  const index = lines.findIndex((line) => line.slice(5).startsWith(subject));
  return [lines[index] ?? '', lines[index + 1] ?? ''] as const;
};

test('without any key nothing is wrong with the models, and the line says how to add one', async () => {
  using folder = temporaryFolder();
  const { lines } = await doctor({ CROSSPOINT_DATA_DIR: folder.path, PORT: '0' }, folder.path);
  assert.match(find(lines, 'Data')[0], /^ok /);
  assert.match(find(lines, 'OpenAI')[0], /^- .*OPENAI_API_KEY is not set/);
  assert.match(find(lines, 'Models')[1], /→ Add a key to \.env/);
});

test('keys are asked for at their own address: right, refused, unreachable; a key itself is never shown', async () => {
  using folder = temporaryFolder();
  const asked: string[] = [];
  const provider = createServer((request, response) => {
    const { authorization, 'x-api-key': key } = request.headers;
    asked.push(`${request.url} ${String(authorization ?? key)}`);
    response.writeHead(String(authorization ?? key).includes('right') ? 200 : 401).end('{"data":[]}');
  });
  await once(provider.listen(0, '127.0.0.1'), 'listening');
  const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const keys = {
    OPENAI_API_KEY: 'sk-right-0123456789',
    OPENAI_BASE_URL: `${base}/v1`,
    ANTHROPIC_API_KEY: 'sk-wrong-0123456789',
    ANTHROPIC_BASE_URL: base,
    GROQ_API_KEY: 'sk-lost-0123456789',
    GROQ_BASE_URL: 'http://127.0.0.1:1/v1',
  };
  const { code, lines } = await doctor({ CROSSPOINT_DATA_DIR: folder.path, PORT: '0', ...keys }, folder.path);
  provider.close();
  assert.equal(code, 1);
  assert.match(find(lines, 'OpenAI')[0], /^ok .*answers/);
  assert.match(find(lines, 'Anthropic').join('\n'), /^BAD .*refused the key\n.*→ Correct ANTHROPIC_API_KEY/);
  assert.match(find(lines, 'Groq').join('\n'), /^BAD .*cannot be reached: .*\n.*→ .*GROQ_BASE_URL/);
  assert.deepEqual(asked.sort(), ['/v1/models Bearer sk-right-0123456789', '/v1/models sk-wrong-0123456789']);
  assert.doesNotMatch(lines.join('\n'), /sk-/);
});

test("the gateway's file is checked to the place, and a variable that it names and nobody set is named", async () => {
  using folder = temporaryFolder();
  const env = { CROSSPOINT_DATA_DIR: folder.path, PORT: '0' };
  const file = join(folder.path, 'gateway.yaml');
  assert.match(find((await doctor(env, folder.path)).lines, 'Gateway')[0], /^- .*one key a provider/);
  writeFileSync(file, 'keys: { openai: [OPENAI_API_KEY, OPENAI_API_KEY_2] }');
  const named = { OPENAI_API_KEY_2: 'sk-two', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' };
  const missing = await doctor({ ...env, ...named }, folder.path);
  assert.match(
    find(missing.lines, 'OpenAI')[0],
    /^BAD .*cannot be reached/,
    'its second key makes it a provider',
  );
  const [line, remedy] = find(missing.lines, 'Gateway');
  assert.match(line, /^BAD .*gateway\.yaml: 0 named models, 2 named keys; not set: OPENAI_API_KEY$/);
  assert.match(remedy, /→ Add OPENAI_API_KEY=… to \.env/);
  writeFileSync(file, 'strategy: best');
  const wrong = await doctor(env, folder.path);
  assert.equal(wrong.code, 1);
  assert.match(find(wrong.lines, 'Gateway')[0], /^BAD .*gateway\.yaml: at strategy: must be "order"/);
  const server = startServer(env);
  assert.notEqual(await server.ended, 0);
  assert.match(
    server.stderr + server.stdout,
    /GATEWAY_CONFIG: .*gateway\.yaml: at strategy: must be "order"/,
  );
});

test('a wrong variable is the first thing to mend, and a running server is seen', async () => {
  using folder = temporaryFolder();
  const wrong = await doctor({ CROSSPOINT_DATA_DIR: folder.path, PORT: 'x' }, folder.path);
  assert.equal(wrong.code, 1);
  assert.match(find(wrong.lines, 'Configuration').join('\n'), /^BAD .*PORT: .*\n.*→ Correct PORT/);
  const env = { CROSSPOINT_DATA_DIR: folder.path, PORT: '0' };
  const server = startServer(env);
  const { origin } = new URL(await readyLink(server));
  const { lines } = await doctor(env, folder.path);
  assert.ok(find(lines, 'Server')[0].includes(`runs at ${origin}`), find(lines, 'Server')[0]);
  server.child.kill('SIGTERM');
  assert.equal(await server.ended, 0);
});
