import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { plainTargets, targets } from '#tests/support/targets.ts';
import { ask, readyLink, startServer, temporaryFolder, token } from './support/server-process.ts';

/** Of no form that a filter could know: only the exact value can be looked for. */
const odd = {
  CUSTOM_KEY: 'Zq7vWm2LxT9pRn4K"/+ü',
  TAVILY_API_KEY: 'Hc5tBd8YwS3jGf6E',
  MORPH_API_KEY: 'Qm9kPz4NvX7uJb2A',
  QDRANT_API_KEY: 'Lr6sDy3HcW8eTg5F',
};

/** A secret as it is, and as it looks in a URL, in JSON, in base64 at any place, and in hex. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const within = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The characters at both ends also carry bits of what stands beside.
    return text.slice(offset && 4, -4);
  });
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...within,
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}

/** Everything that a command can see of the world that the server lives in. The pieces make no hit of the command itself. */
const lookAround = [
  'env',
  "cat /proc/*/environ /proc/*/cmdline /proc/self/mountinfo 2>/dev/null | tr '\\0' '\\n'",
  'one=sk-emul; two=ated-; grep -rIl "$one$two" /etc /home /root /tmp /run /var /opt . 2>/dev/null',
  'cat /proc/net/unix /proc/keys 2>/dev/null',
  'true',
].join('; ');

/** Providers that give away the keys that they were sent, in every place of a failure. */
function script(secrets: Record<string, string>) {
  const failuresOf = (all: string): Answer[] => [
    { fault: { kind: 'status', status: 401, message: `wrong key: ${all}` } },
    { fault: { kind: 'status', status: 400, message: all, code: all, type: all } },
    { fault: { kind: 'status', status: 403, body: `<html>${all}</html>`, headers: { 'x-request-id': 'a' } } },
    { text: 'So far. ', fault: { kind: 'error-event', after: 'text', status: 500, message: all } },
    { fault: { kind: 'redirect', to: 'http://127.0.0.1:9/elsewhere' } },
    { fault: { kind: 'page', body: all, contentType: 'text/html' } },
    { text: 'So far. ', fault: { kind: 'malformed', after: 'text' } },
  ];
  return ({ provider, step, lastUserText }: Asked): Answer => {
    const own = provider === 'compatible' ? 'CUSTOM_KEY' : `${provider.toUpperCase()}_API_KEY`;
    const all = `${secrets[own]} Bearer ${secrets[own]} ${secrets.HELICONE_API_KEY}`;
    const failure = /^fails (\d)/.exec(lastUserText)?.[1];
    if (failure !== undefined) return failuresOf(all)[Number(failure)] as Answer;
    if (step === 0) return { calls: [{ name: 'write_file', args: { path: 'a.txt', content: 'A file.' } }] };
    if (step === 1) return { calls: [{ name: 'run_terminal_command', args: { command: lookAround } }] };
    if (step === 2) return { calls: [{ name: 'read_file', args: { path: '../../crosspoint.db' } }] };
    return { text: 'Done.' };
  };
}

const failureCount = 7;

/** Bytes of all files below a folder. */
function filesBelow(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')]);
}

async function whole(answer: Response): Promise<string> {
  return JSON.stringify([...answer.headers]) + (await answer.text());
}

/** One whole task and every kind of failure, with every provider; gives all that was answered. */
async function useEverything(origin: string): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  const custom = { provider: 'mine', model: 'any' };
  const threads: string[] = [];
  for (const modelConfig of [...Object.values(targets), ...plainTargets.slice(0, 1), custom]) {
    const name = `${modelConfig.provider}/${modelConfig.model}`;
    const body = { message: 'task', modelConfig, approvalMode: 'auto' };
    const text = await whole(await ask(origin, 'POST', '/api/agent', body));
    assert.match(text, /"response":"Done\."/, `${name}: ${text}`);
    seen.set(`${name} task`, text);
    const threadId = /"threadId":"([^"]+)"/.exec(text)?.[1] ?? '';
    threads.push(threadId);
    for (let failure = 0; failure < failureCount; failure++) {
      const command = { threadId, message: `fails ${failure}` };
      const accept = failure % 2 ? 'text/event-stream' : 'application/json';
      seen.set(`${name} ${failure}`, await whole(await ask(origin, 'POST', '/api/agent', command, accept)));
    }
  }
  const paths = ['/api/config', '/api/models', '/api/usage', '/api/threads', '/', '/nowhere', '/api/nowhere'];
  for (const path of [...paths, ...threads.map((id) => `/api/threads/${id}`)])
    seen.set(path, await whole(await ask(origin, 'GET', path)));
  for (const id of threads) seen.set(`${id} events`, await eventsOf(origin, id));
  return seen;
}

/** A key whose bodies are kept, used with every secret in the words of the caller and of the provider, on every wire. */
async function useGateway(
  origin: string,
  secrets: Record<string, string>,
  seen: Map<string, string>,
): Promise<void> {
  const wish = { name: 'canary', storeBodies: true };
  const minted = (await (await ask(origin, 'POST', '/api/keys', wish)).json()) as { secret: string };
  secrets.minted = minted.secret;
  // Of a session the server knows the hash alone, so it cannot find the cookie in the words of somebody who has it.
  const { cookie: _unknown, ...known } = secrets;
  const all = Object.values(known).join(' ');
  const ids: string[] = [];
  const models = [...Object.values(targets), { provider: 'mine', model: 'any' }];
  for (const { provider, model } of models)
    for (const [path, limit] of [
      ['/v1/chat/completions', {}],
      ['/v1/messages', { max_tokens: 100 }],
    ] as const)
      for (const [turn, words] of ['fails 1', 'fails 0', 'fails 3', all].entries()) {
        const body = { model: `${provider}/${model}`, stream: turn % 2 === 1, ...limit };
        const messages = [{ role: 'user', content: words }];
        const answer = await fetch(origin + path, {
          method: 'POST',
          headers: { authorization: `Bearer ${minted.secret}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ...body, messages }),
        });
        ids.push(answer.headers.get('helicone-id') ?? '');
        seen.set(`${path} ${provider} ${turn}`, await whole(answer));
      }
  const paths = ['/api/keys', '/api/requests', '/api/requests.csv', '/metrics', '/api/usage?groupBy=key'];
  for (const path of [...paths, ...ids.map((id) => `/api/requests/${id}`)])
    seen.set(path, await whole(await ask(origin, 'GET', path)));
  assert.match(seen.get(`/api/requests/${ids.at(-1)}`) ?? '', /\[redacted\]/, 'bodies are kept');
  assert.match(seen.get('/metrics') ?? '', /crosspoint_requests_total/);
}

async function eventsOf(origin: string, threadId: string): Promise<string> {
  const view = (await (await ask(origin, 'GET', `/api/threads/${threadId}`)).json()) as {
    lastEventId: number;
  };
  const answer = await ask(origin, 'GET', `/api/threads/${threadId}/events?after=0`);
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes(`\nid: ${view.lastEventId}\n`)) break;
  }
  return text;
}

/**
 * R22: a key is sent to its own origin and to nobody else.
 * @param own how many requests were in our own words; in the later ones the caller said the keys, and only headers are ours
 */
function assertKeysStayHome(providers: Providers, secrets: Record<string, string>, own: number): void {
  for (const [at, { provider, via, headers, bodyText }] of providers.requests.entries()) {
    const sent = JSON.stringify(headers) + (at < own ? bodyText : '');
    for (const [name, secret] of Object.entries(secrets)) {
      const isOwn = via !== 'direct' || name.toLowerCase().startsWith(provider);
      const isMine = provider === 'compatible' && name === 'CUSTOM_KEY';
      if (!isOwn && !isMine) assert.ok(!sent.includes(secret), `${name} was sent to ${provider}`);
    }
  }
}

// Each has providers, a server and a folder of its own, and mostly waits for its next try.
describe('the secrets of a server', { concurrency: true }, () => {
  for (const helicone of [undefined, 'proxy', 'gateway'] as const)
    test(`no key is in the sandbox, an answer, an event, the log or a file, through a task and every failure: ${helicone ?? 'direct'} (I9, T4, R22)`, async () => {
      using folder = temporaryFolder();
      const providers = await startProviders();
      const providerEnv = providers.env(helicone ? { helicone } : {});
      const secrets: Record<string, string> = { ...odd, CROSSPOINT_API_TOKEN: token };
      for (const [name, value] of Object.entries(providerEnv))
        if (name.endsWith('_KEY')) secrets[name] = value;
      providers.script(script(secrets));
      const { baseUrl } = providers.compatible;
      const server = startServer({
        ...providerEnv,
        ...secrets,
        CUSTOM_PROVIDERS: JSON.stringify([
          {
            id: 'mine',
            label: 'Mine',
            baseUrl,
            apiKeyEnv: 'CUSTOM_KEY',
            wire: 'openai-chat',
            models: ['any'],
          },
        ]),
        CROSSPOINT_DATA_DIR: folder.path,
        CROSSPOINT_DEADLINE_SCALE: '0.05',
        LOG_LEVEL: 'trace',
        CROSSPOINT_METRICS: '1',
        PORT: '0',
      });
      try {
        const { origin, hash } = new URL(await readyLink(server));
        const login = await ask(origin, 'POST', '/auth/exchange', { key: hash.slice(3) });
        secrets.cookie =
          /=([^;]+);/.exec(login.headers.get('set-cookie') ?? '')?.[1] ?? assert.fail('no cookie');
        const seen = await useEverything(origin);
        const inOwnWords = providers.requests.length;
        await useGateway(origin, secrets, seen);
        server.child.kill('SIGTERM');
        await server.ended;
        // The link is printed for the person who started the server; nowhere else is the key that it holds.
        secrets.login = hash.slice(3);
        seen.set('the log', server.stderr + server.stdout.replace(hash, ''));
        for (const [path, text] of filesBelow(folder.path)) seen.set(path, text);
        assert.ok(server.stderr.includes('a model attempt failed'), 'failures are logged');
        assert.ok(
          [...seen.values()].some((text) => /HOME=.*PATH=|PATH=.*HOME=/.test(text)),
          'the command looked',
        );
        for (const [where, text] of seen)
          for (const [name, secret] of Object.entries(secrets))
            for (const form of formsOf(secret))
              assert.ok(!text.includes(form), `${name} is in ${where}: ${form}`);
        assertKeysStayHome(providers, secrets, inOwnWords);
      } finally {
        server.child.kill('SIGKILL');
        await server.ended;
        await providers.close();
      }
    });
});
