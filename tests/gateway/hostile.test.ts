import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, test } from 'node:test';
import { combinations, nameOf, Plans } from './support/combinations.ts';
import {
  eventually,
  normalEnd,
  openLiveGateway,
  saying,
  wires,
  type LiveGateway,
} from './support/live-gateway.ts';
import { exchangeBytes, statusesIn } from './support/raw-socket.ts';

/** Callers and providers that mean harm, or send too much: what /v1 of the real process does with them. */

const plans = new Plans();
const canary = 'sk-of-the-caller-0123456789abcdef';
let live: LiveGateway;
let trap: { origin: string; seen: string[]; close(): void };
before(async () => {
  trap = await openTrap();
  live = await openLiveGateway({}, { script: plans.script, chunking: 'whole' });
});
beforeEach(() => (trap.seen.length = 0));
after(async () => {
  trap.close();
  await live[Symbol.asyncDispose]();
});

/** Whoever is sent here was led astray. */
async function openTrap() {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.on('connection', () => seen.push('connection'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, seen, close: () => server.close() };
}

const chat = (content: unknown, model = 'openai/gpt-4o', stream = false) => ({
  model,
  stream,
  messages: [{ role: 'user', content }],
});

test('no header of a caller changes where a request and its key go, and none of the caller’s own reaches a provider', async () => {
  const headers: Record<string, string> = {
    'helicone-target-url': trap.origin,
    'helicone-target-provider': 'trap',
    'helicone-openai-api-base': `${trap.origin}/v1`,
    'openai-api-base': `${trap.origin}/v1`,
    'x-portkey-custom-host': `${trap.origin}/v1`,
    'x-portkey-provider': 'openai',
    'x-forwarded-host': new URL(trap.origin).host,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-original-url': '/api/threads',
    'x-rewrite-url': '/api/threads',
    'x-http-method-override': 'GET',
    forwarded: `host=${new URL(trap.origin).host}`,
    'x-base-url': trap.origin,
    'x-canary': canary,
    cookie: `session=${canary}`,
    'proxy-authorization': `Bearer ${canary}`,
    'openai-organization': canary,
  };
  for (const wire of wires)
    for (const model of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5']) {
      const from = live.providers.requests.length;
      const { path, body } = saying(wire, model, false, plans.add({ text: 'Here.' }));
      const response = await live.post(path, body, headers);
      assert.equal(response.status, 200, await response.text());
      const asked = live.providers.requests.slice(from).filter(({ method }) => method === 'POST');
      const [received, ...more] = asked;
      assert.deepEqual(more, []);
      assert.equal(received?.provider, model.split('/', 1)[0]);
      const all = JSON.stringify(received);
      for (const secret of [canary, live.token, trap.origin]) assert.ok(!all.includes(secret), all);
    }
  assert.deepEqual(trap.seen, []);
});

test('a target that is not configured is refused as unknown_target, with whatever keys it brings', async () => {
  const targets = [
    trap.origin,
    `${trap.origin}/v1`,
    'https://api.openai.com.evil.test',
    'file:///etc/passwd',
  ];
  for (const url of targets) {
    const entry = { 'target-url': url, headers: { authorization: `Bearer ${canary}` }, onCodes: [429] };
    const response = await live.post('/v1/chat/completions', chat('Hello?'), {
      'helicone-fallbacks': JSON.stringify([entry]),
    });
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.equal(error.code, 'unknown_target', url);
  }
  // The origin of a configured one is written into another's user part, or before its host.
  const openai = new URL(live.providers.openai.baseUrl);
  for (const url of [
    `${trap.origin.replace('//', `//${openai.host}@`)}/v1`,
    `${trap.origin}#${openai.origin}`,
  ]) {
    const headers = { 'helicone-fallbacks': JSON.stringify([{ 'target-url': url, onCodes: [500] }]) };
    assert.equal((await live.post('/v1/chat/completions', chat('Hello?'), headers)).status, 400, url);
  }
  assert.deepEqual(trap.seen, []);
});

test('a model that is an address, a path, a prototype’s field or endless is unknown, and nobody is asked', async () => {
  const from = live.providers.requests.length;
  const names = [
    trap.origin,
    `${trap.origin}/v1/gpt-4o`,
    `openai@${new URL(trap.origin).host}/gpt-4o`,
    '../../api/threads',
    '__proto__',
    'constructor/prototype',
    'toString',
    'openai/../../x',
    'openai/gpt-4o\r\nx-injected: 1',
    'x'.repeat(100_000),
    Array.from({ length: 11 }, () => 'openai/gpt-4o').join(','),
    ',,,',
    '\u0000',
  ];
  for (const name of names)
    for (const wire of wires) {
      const { path, body } = saying(wire, name, false, 'Hello?');
      const response = await live.post(path, body);
      const text = await response.text();
      assert.ok([400, 404].includes(response.status), `${name.slice(0, 80)}: ${response.status} ${text}`);
      assert.ok(text.length < 2_000, text.slice(0, 300));
      assert.equal(response.headers.get('x-injected'), null);
    }
  const reached = live.providers.requests
    .slice(from)
    .filter(({ method, refusal }) => method === 'POST' && refusal === undefined);
  assert.deepEqual(reached, []);
  assert.deepEqual(trap.seen, []);
});

test('addresses of pictures and files are never fetched by the server', async () => {
  const url = `${trap.origin}/picture.png`;
  const bodies: [string, object][] = [
    ['/v1/chat/completions', chat([{ type: 'image_url', image_url: { url } }])],
    [
      '/v1/chat/completions',
      chat([{ type: 'image_url', image_url: { url } }], 'anthropic/claude-sonnet-4-5'),
    ],
    [
      '/v1/messages',
      { ...chat([{ type: 'image', source: { type: 'url', url } }], 'openai/gpt-4o'), max_tokens: 9 },
    ],
    [
      '/v1/responses',
      {
        model: 'anthropic/claude-sonnet-4-5',
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: url, detail: 'auto' }] }],
      },
    ],
    [
      '/v1/responses',
      {
        model: 'openai/gpt-5.2',
        input: [{ role: 'user', content: [{ type: 'input_file', file_url: url }] }],
      },
    ],
  ];
  for (const [path, body] of bodies) await (await live.post(path, body)).text();
  await sleep(200);
  assert.deepEqual(trap.seen, []);
});

test('a cookie is never a key, whatever it holds, and a session of the page neither', async () => {
  const link = new URL(await live.crosspoint.newLink());
  const exchanged = await fetch(`${live.crosspoint.origin}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: live.crosspoint.origin },
    body: JSON.stringify({ key: link.hash.slice('#k='.length) }),
  });
  const session = exchanged.headers.getSetCookie().map((each) => each.split(';', 1)[0]);
  for (const cookie of [...session, `token=${live.token}`, `authorization=Bearer ${live.token}`])
    for (const path of ['/v1/models', '/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1/none']) {
      const method = path === '/v1/models' ? 'GET' : 'POST';
      const response = await fetch(live.origin + path, {
        method,
        headers: { cookie: String(cookie), 'content-type': 'application/json' },
        ...(method === 'POST' ? { body: JSON.stringify(chat('Hello?')) } : {}),
      });
      assert.equal(response.status, 401, `${path} ${String(cookie).slice(0, 20)}`);
      const body = (await response.json()) as { type?: string; error: { type: string } };
      assert.equal(body.type, path === '/v1/messages' ? 'error' : undefined);
      assert.equal(body.error.type, 'authentication_error');
      assert.equal(response.headers.getSetCookie().length, 0);
    }
  assert.ok(session.length > 0, `${exchanged.status} ${await exchanged.text()}`);
});

test('keys that are almost one are none', async () => {
  const { token } = live;
  const wrong = [
    '',
    'Bearer',
    'Bearer ',
    token,
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `Bearer  ${token} ${token}`,
    `Basic ${Buffer.from(`:${token}`).toString('base64')}`,
    "Bearer ' or 1=1 --",
    `Bearer ${'a'.repeat(8_000)}`,
    'Bearer cp-',
    'Bearer undefined',
  ];
  for (const authorization of wrong) {
    const response = await fetch(`${live.origin}/v1/models`, { headers: { authorization } });
    assert.equal(response.status, 401, authorization.slice(0, 60));
    assert.match(await response.text(), /authentication_error/);
  }
  // What stands in the address is no key: it would be in every log.
  const query = await fetch(`${live.origin}/v1/models?api_key=${token}&key=${token}`);
  assert.equal(query.status, 401);
});

test('a page of another site can neither ask nor read, with or without a key', async () => {
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: `${live.crosspoint.origin}.evil.test` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  const from = live.providers.requests.length;
  for (const headers of foreign)
    for (const wire of wires) {
      const { path, body } = saying(wire, 'openai/gpt-4o', true, plans.add({ text: 'never' }));
      const response = await live.post(path, body, headers);
      assert.equal(response.status, 403, JSON.stringify(headers));
      const preflight = await fetch(live.origin + path, {
        method: 'OPTIONS',
        headers: {
          ...headers,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      assert.ok(preflight.status >= 400);
      for (const { headers: answered } of [response, preflight])
        assert.deepEqual(
          [...answered.keys()].filter((name) => name.startsWith('access-control')),
          [],
        );
    }
  const asked = live.providers.requests.slice(from).filter(({ method }) => method === 'POST');
  assert.deepEqual(asked, []);
  // What a form or a page can send without asking first.
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    assert.equal(
      (await live.post('/v1/chat/completions', chat('Hello?'), { 'content-type': type })).status,
      415,
      type,
    );
});

test('another host name, an absolute address and ways around the path are refused', async () => {
  const { host } = new URL(live.origin);
  const trapHost = new URL(trap.origin).host;
  const key = `Authorization: Bearer ${live.token}\r\n`;
  const get = (target: string, hosts: string[]) =>
    `GET ${target} HTTP/1.1\r\n${hosts.map((each) => `Host: ${each}\r\n`).join('')}${key}Connection: close\r\n\r\n`;
  const cases: [string, number][] = [
    [get('/v1/models', ['evil.test']), 421],
    [get('/v1/models', [host, 'evil.test']), 421],
    [get('/v1/models', [`${host}/v1/models?`]), 421],
    [get(`${trap.origin}/v1/models`, [trapHost]), 421],
    [get(`${trap.origin}/v1/models`, [host]), 404],
    [get(`http://${host}/v1/models`, [host]), 404],
    [get('//v1/models', [host]), 404],
    [get('/v1/../api/threads', [host]), 404],
    [get('/v1/%2e%2e/api/threads', [host]), 404],
    [get('/v1%2fmodels', [host]), 404],
    [get('/V1/models', [host]), 404],
    [get('/v1/models', [host]), 200],
  ];
  for (const [request, status] of cases) {
    const answer = await exchangeBytes(live.origin, request);
    assert.deepEqual(statusesIn(answer), [status], `${request.split('\r\n', 2).join(' ')}: ${answer}`);
  }
  const tunnel = `CONNECT ${trapHost} HTTP/1.1\r\nHost: ${trapHost}\r\n${key}\r\n`;
  assert.ok(statusesIn(await exchangeBytes(live.origin, tunnel)).every((status) => status >= 400));
  assert.deepEqual(trap.seen, []);
});

test('no request can be smuggled behind another', async () => {
  const { host } = new URL(live.origin);
  const words = plans.add({ text: 'smuggled' });
  const inner = JSON.stringify(chat(words));
  const hidden = `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${live.token}\r\nContent-Type: application/json\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
  const disguises = [
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    `${head}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
    `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
    `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
    `${head}Transfer-Encoding: chunked\r\n\r\n0;a=\n\r\n\r\n${hidden}`,
    `${head}Content-Length: +${hidden.length}\r\n\r\n${hidden}`,
    `${head}X: y\nContent-Length: 0\r\n\r\n${hidden}`,
    `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  ];
  for (const bytes of disguises) {
    const answer = await exchangeBytes(live.origin, bytes, 700);
    const statuses = statusesIn(answer);
    assert.ok(
      statuses.length >= 1 && statuses.every((status) => status >= 400),
      `${bytes.slice(0, 200)}: ${answer}`,
    );
    assert.ok(!answer.includes('smuggled'), answer);
  }
  // A refused body is read to its end, or the connection closes: its bytes are never the next request.
  const body = `${'{"a":1}'.padEnd(200)}${hidden}`;
  const unauthorised = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  assert.deepEqual(statusesIn(await exchangeBytes(live.origin, unauthorised, 700)), [401]);
  assert.equal(plans.asked(words).length, 0);
});

test('a body that is none, is too large or is compressed gets its status in the shape of the wire', async () => {
  const cases: [string, Record<string, string>, number][] = [
    ['', {}, 400],
    ['{', {}, 400],
    ['[]', {}, 400],
    ['null', {}, 400],
    ['{"model":"openai/gpt-4o"', {}, 400],
    ['{"messages":[]}', {}, 400],
    ['{"model":7}', {}, 400],
    ['{"model":"openai/gpt-4o","stream":"yes"}', {}, 400],
    [`{"model":"openai/gpt-4o","messages":${'['.repeat(100_000)}`, {}, 400],
    ['{}', { 'content-encoding': 'gzip' }, 415],
  ];
  for (const [body, headers, status] of cases)
    for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses']) {
      const response = await live.post(path, body, headers);
      const text = await response.text();
      assert.equal(response.status, status, `${body.slice(0, 60)} at ${path}: ${text}`);
      assert.match(text, path === '/v1/messages' ? /^\{"type":"error"/ : /^\{"error":/);
    }
  const { host } = new URL(live.origin);
  const announced = `POST /v1/messages HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${live.token}\r\nContent-Type: application/json\r\nContent-Length: 40000000\r\n\r\n{`;
  assert.deepEqual(statusesIn(await exchangeBytes(live.origin, announced)), [413]);
});

test('a translated body as deep as it likes is an answer of four hundred or goes through, never a crash', async () => {
  const deep = `${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`;
  const bodies = [
    `{"model":"anthropic/claude-sonnet-4-5","messages":[{"role":"user","content":${deep}}]}`,
    `{"model":"anthropic/claude-sonnet-4-5","tools":${deep},"messages":[{"role":"user","content":"x"}]}`,
    '{"model":"anthropic/claude-sonnet-4-5","messages":[{"__proto__":{"role":"user"},"content":"x"}]}',
    '{"model":"anthropic/claude-sonnet-4-5","messages":{"length":1e9}}',
    '{"model":"anthropic/claude-sonnet-4-5","messages":[null,7,"x",[]]}',
  ];
  for (const body of bodies) {
    const response = await live.post('/v1/chat/completions', body);
    const text = await response.text();
    assert.ok(
      response.status >= 400 && response.status < 500,
      `${body.slice(60, 140)}: ${response.status} ${text}`,
    );
  }
});

test('a caller that sends slowly holds up nobody else and is cut off; one that never reads does not grow the server', async () => {
  const { host, hostname, port } = new URL(live.origin);
  // Goes on sending after it was told to stop.
  const slow = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  slow.on('error', () => undefined);
  let told = '';
  slow.on('data', (chunk: Buffer) => (told += chunk.toString('latin1')));
  slow.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${live.token}\r\n`,
  );
  slow.write('Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n');
  const drip = setInterval(() => slow.write(' '), 1_000);
  let closed = false;
  slow.once('close', () => (closed = true));
  const before = memory();
  const words = plans.add({ text: 'x', fault: { kind: 'endless-text', bytes: 48 * 1_048_576 } });
  const { path, body } = saying('openai-chat', 'openai/gpt-4o', true, words);
  const text = JSON.stringify(body);
  const requestId = randomUUID();
  const deaf = connect(Number(port), hostname);
  deaf.on('error', () => undefined);
  deaf.pause();
  deaf.write(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${live.token}\r\nHelicone-Request-Id: ${requestId}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  try {
    await eventually('the deaf caller’s call is upstream', () => plans.asked(words).length === 1);
    const understood = await live.openai().chat.completions.create({
      model: 'openai/gpt-4o',
      messages: [{ role: 'user', content: plans.add({ text: 'Others are served.' }) }],
    });
    assert.equal(understood.choices[0]?.message.content, 'Others are served.');
    await sleep(1_500);
    assert.ok(memory() - before < 64, `${before} MB grew to ${memory()} MB`);
    deaf.destroy();
    await eventually('the deaf caller’s row is settled', () =>
      ['aborted', 'failed'].includes(live.rows(requestId)[0]?.status ?? ''),
    );
    for (let waited = 0; waited < 45 && !closed; waited++) await sleep(1_000);
    assert.ok(closed, 'the slow caller is still there');
    assert.deepEqual(statusesIn(told), [408]);
  } finally {
    clearInterval(drip);
    slow.destroy();
    deaf.destroy();
  }
});

function memory(): number {
  const status = readFileSync(`/proc/${live.crosspoint.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024);
}

test('F11: an endless line and an endless answer are cut or passed on, and the server does not grow by them', async () => {
  const bytes = 64 * 1_048_576;
  const before = memory();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, memory())), 20);
  const among = combinations.filter(({ model }) => !model.startsWith('groq/') && model !== 'openai/gpt-5.2');
  try {
    for (const combination of among)
      for (const kind of ['endless-line', 'endless-text'] as const) {
        const words = plans.add({ text: 'It begins.', fault: { kind, bytes } });
        const { path, body } = saying(combination.wire, combination.model, combination.stream, words);
        const response = await live.post(path, body);
        let end = '';
        for await (const chunk of response.body ?? []) {
          end = (end + Buffer.from(chunk).toString('latin1')).slice(-2_000);
        }
        const name = `${nameOf(combination)}, ${kind}`;
        assert.ok(
          response.status === 502 || /"error"/.test(end),
          `${name}: ${response.status} ${end.slice(-300)}`,
        );
        assert.doesNotMatch(end, normalEnd, name);
      }
  } finally {
    clearInterval(watch);
  }
  console.log(`      memory: ${before} MB before, ${most} MB at most`);
  assert.ok(most - before < 192, `${before} MB grew to ${most} MB`);
});
