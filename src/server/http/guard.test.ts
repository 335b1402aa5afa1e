import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { routes } from './routes.ts';
import { rawBytes, rawRequest } from './testing/raw-request.ts';
import { openTestServer, token, type TestServer } from './testing/test-server.ts';

let server: TestServer;
const bearer = { authorization: `Bearer ${token}` };
/** Every address of the table, with an id where one belongs, and two of the page. */
const addresses = [
  ...routes.map(({ method, path }) => [method, path.replace('{id}', 'thread_1')] as const),
  ['GET', '/'] as const,
  ['GET', '/t/thread_1'] as const,
];

before(async () => (server = await openTestServer()));
after(() => server.close());

/** What the stored record looks like from outside. */
async function record(): Promise<string> {
  const [threads, usage] = await Promise.all([
    server.send('GET', '/api/threads'),
    server.send('GET', '/api/usage'),
  ]);
  return (await threads.text()) + (await usage.text());
}

test('every address refuses a host name that is not ours, also with a valid token (DNS rebinding)', async () => {
  const { port } = server;
  const hosts = ['evil.test', `evil.test:${port}`, 'localhost', `localhost:${port + 1}`, `LOCALHOST:${port}`];
  const tricks = [
    `localhost:${port}/api/models?`,
    `localhost:${port}#`,
    `user@localhost:${port}`,
    `localhost.:${port}`,
  ];
  const before = await record();
  for (const [method, path] of addresses)
    for (const host of [...hosts, ...tricks]) {
      const answer = await rawRequest(port, method, path, {
        ...bearer,
        host,
        'content-type': 'application/json',
      });
      assert.equal(answer.status, 421, `${method} ${path} with Host ${host}`);
      assert.equal(answer.code, 'misdirected');
    }
  assert.equal(await record(), before);
});

test('a request with two Host headers, or with none, is refused', async () => {
  const two = await rawBytes(
    server.port,
    `GET /api/models HTTP/1.1\r\nHost: localhost:${server.port}\r\nHost: evil.test\r\nConnection: close\r\n\r\n`,
  );
  assert.match(two, /^HTTP\/1\.1 (?:400|421) /);
  const none = await rawBytes(server.port, 'GET /api/models HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.match(none, /^HTTP\/1\.1 400 /);
});

test('the three names of this machine are ours', async () => {
  for (const name of ['localhost', '127.0.0.1', '[::1]']) {
    const answer = await rawRequest(server.port, 'GET', '/healthz', { host: `${name}:${server.port}` });
    assert.deepEqual([answer.status, answer.body], [200, '{"status":"ok"}']);
  }
});

test('every address refuses another origin, another port of this machine, and what only looks like ours', async () => {
  const { port } = server;
  const origins = [
    'https://evil.test',
    'null',
    `http://localhost:${port + 1}`,
    `https://localhost:${port}`,
    `http://localhost:${port}.evil.test`,
    `http://localhost.evil.test:${port}`,
  ];
  const before = await record();
  for (const [method, path] of addresses)
    for (const origin of origins) {
      const answer = await rawRequest(port, method, path, {
        ...bearer,
        origin,
        'content-type': 'application/json',
      });
      assert.equal(answer.code, 'forbidden_origin', `${method} ${path} from ${origin}`);
      assert.equal(answer.status, 403);
    }
  assert.equal(await record(), before);
});

test('what a foreign page loads is refused by Sec-Fetch-Site, streams included; a followed link to the page is not', async () => {
  for (const site of ['cross-site', 'same-site']) {
    const embedded = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' };
    for (const [method, path] of addresses) {
      const answer = await rawRequest(server.port, method, path, { ...bearer, ...embedded });
      assert.equal(answer.status, 403, `${method} ${path}`);
    }
    const link = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    assert.equal((await rawRequest(server.port, 'GET', '/t/thread_1', link)).status, 200);
    assert.equal((await rawRequest(server.port, 'GET', '/api/threads', { ...bearer, ...link })).status, 403);
    const frame = { ...link, 'sec-fetch-dest': 'iframe' };
    assert.equal((await rawRequest(server.port, 'GET', '/', frame)).status, 403);
  }
});

test('every address needs a session or the token, but health, the trade of a login key, and the page', async () => {
  const credentials: Record<string, string>[] = [
    {},
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${token}x` },
    { authorization: `Basic ${token}` },
    { authorization: token },
    { authorization: `Bearer ${token} ` + 'x'.repeat(8_000) },
    { cookie: `crosspoint_${server.port}=${'A'.repeat(43)}` },
    { cookie: `crosspoint_${server.port}=' or 1=1 --` },
    { cookie: `crosspoint_${server.port + 1}=${'A'.repeat(43)}` },
    // A wrong token is not made good by anything else.
    { authorization: 'Bearer wrong', cookie: 'a=b; c' },
  ];
  const closed = routes.filter(({ access }) => access === 'signed-in');
  assert.deepEqual(
    routes.filter(({ access }) => access === 'open').map(({ path }) => path),
    ['/healthz', '/auth/exchange'],
  );
  for (const credential of credentials)
    for (const { method, path } of closed) {
      const headers = { ...credential, 'content-type': 'application/json' };
      const answer = await rawRequest(server.port, method, path.replace('{id}', 'thread_1'), headers);
      assert.deepEqual([answer.status, answer.code], [401, 'unauthorized'], `${method} ${path}`);
      assert.ok(answer.headers['www-authenticate']);
    }
});

test('who is not signed in does not learn which addresses exist', async () => {
  assert.equal((await rawRequest(server.port, 'GET', '/api/nothing')).status, 401);
  assert.equal((await rawRequest(server.port, 'GET', '/api')).status, 401);
  assert.equal((await rawRequest(server.port, 'PATCH', '/api/models')).status, 401);
});

test('an unknown address is 404, a known one with another method 405 that names the right ones', async () => {
  for (const path of [
    '/api',
    '/api/',
    '/api/nothing',
    '/api/models/',
    '/api/threads/a/b',
    '/auth/nothing',
    '/api/threads/a%20b',
  ])
    assert.equal((await rawRequest(server.port, 'GET', path, bearer)).code, 'not_found', path);
  const paths = new Set(routes.map(({ path }) => path));
  for (const path of paths) {
    const taken = routes.filter((route) => route.path === path).map(({ method }) => method as string);
    const expected = taken.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'].filter(
      (name) => !taken.includes(name),
    )) {
      const answer = await rawRequest(server.port, method, path.replace('{id}', 'thread_1'), bearer);
      assert.deepEqual([answer.status, answer.code], [405, 'method_not_allowed'], `${method} ${path}`);
      assert.equal(answer.headers.allow, expected);
    }
  }
  const page = await rawRequest(server.port, 'POST', '/', { 'content-type': 'application/json' }, '{}');
  assert.deepEqual([page.status, page.headers.allow], [405, 'GET, HEAD']);
});

test('a path that two parsers could read differently does not exist', async () => {
  const paths = [
    '/api/../api/models',
    '/api/%2e%2e/api/models',
    '/api%2fmodels',
    '//api/models',
    '/api//models',
    '/./api/models',
  ];
  for (const path of [...paths, '/api\\models', '/api/models%00', '/api/models%', '/api/%252e/models'])
    assert.equal((await rawRequest(server.port, 'GET', path, bearer)).status, 404, path);
});

test('bytes that are no HTTP, and headers without end, get an answer and nothing else', async () => {
  assert.match(await rawBytes(server.port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 [^]*"code":"bad_request"/);
  const large = `GET / HTTP/1.1\r\nHost: localhost:${server.port}\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`;
  assert.match(await rawBytes(server.port, large), /^HTTP\/1\.1 431 /);
  const split = `POST /api/agent HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`;
  assert.match(await rawBytes(server.port, split), /^HTTP\/1\.1 400 /);
});

test('every answer carries the security headers, errors included', async () => {
  for (const [path, headers] of [
    ['/', {}],
    ['/api/threads', bearer],
    ['/api/threads', {}],
    ['/healthz', {}],
  ] as const) {
    const answer = await rawRequest(server.port, 'GET', path, headers);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    // A feature that browsers do not know makes them complain in the console of every page.
    assert.doesNotMatch(String(answer.headers['permissions-policy']), /bluetooth/);
    assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin');
    assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  }
  assert.equal(
    (await rawRequest(server.port, 'GET', '/api/threads', bearer)).headers['cache-control'],
    'no-store',
  );
});

test('the public gateway answers in the form of a provider, and takes no cookie for a key', async () => {
  const unknown = await rawRequest(server.port, 'POST', '/v1/nothing', bearer, '{}');
  assert.equal(unknown.status, 404);
  assert.equal(JSON.parse(unknown.body).error.code, 'not_found');
  const cookie = await rawRequest(server.port, 'POST', '/v1/messages', { cookie: 'a=b' }, '{}');
  assert.equal(cookie.status, 401);
  assert.equal(JSON.parse(cookie.body).error.type, 'authentication_error');
});
