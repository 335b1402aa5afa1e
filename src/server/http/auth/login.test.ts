import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rawRequest } from '../testing/raw-request.ts';
import { openTestServer, type TestServer } from '../testing/test-server.ts';
import { LoginDesk, createLoginKey, loginLink } from './login.ts';
import { newSecret } from './secrets.ts';
import { Sessions } from './sessions.ts';

let server: TestServer;
before(async () => (server = await openTestServer()));
after(() => server.close());

const minute = 60_000;
const day = 24 * 60 * minute;

function exchange(key: unknown, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', ...headers };
  return rawRequest(server.port, 'POST', '/auth/exchange', all, JSON.stringify({ key }));
}

const cookieOf = (header: unknown) => String(header).split(';', 1)[0] ?? '';

test('a login key opens one session, once', async () => {
  const key = await server.loginKey();
  const answer = await exchange(key, { origin: server.origin });
  assert.equal(answer.status, 200);
  const [cookie] = answer.headers['set-cookie'] ?? [];
  assert.match(
    String(cookie),
    new RegExp(
      `^crosspoint_${server.port}=[A-Za-z0-9_-]{43}; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict$`,
    ),
  );
  const session = { cookie: cookieOf(cookie) };
  assert.equal((await rawRequest(server.port, 'GET', '/api/threads', session)).status, 200);
  const again = await exchange(key, { origin: server.origin });
  assert.deepEqual([again.status, again.code, again.headers['set-cookie']], [401, 'unauthorized', undefined]);
  // The page's own changes carry its origin; a script with the cookie has none.
  const senders: Record<string, string>[] = [{ origin: server.origin, 'sec-fetch-site': 'same-origin' }, {}];
  for (const headers of senders) {
    const all = { ...session, ...headers, 'content-type': 'application/json' };
    const set = await rawRequest(server.port, 'POST', '/api/models', all, '{"modelName":"red"}');
    assert.equal(set.status, 200);
  }
  const foreign = { ...session, origin: 'http://evil.test', 'content-type': 'application/json' };
  assert.equal(
    (await rawRequest(server.port, 'POST', '/api/models', foreign, '{"modelName":"red"}')).status,
    403,
  );
});

test('fifty that use one key at once get one session', async () => {
  const key = await server.loginKey();
  const desk = new LoginDesk(server.store.sessions);
  const taken = await Promise.allSettled(Array.from({ length: 50 }, () => desk.take(key)));
  assert.equal(taken.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a session ends with logout; the cookie is taken away', async () => {
  const [cookie] = (await exchange(await server.loginKey())).headers['set-cookie'] ?? [];
  const session = { cookie: `other=1; ${cookieOf(cookie)}; x=y` };
  const logout = await rawRequest(server.port, 'POST', '/auth/logout', session);
  assert.equal(logout.status, 200);
  assert.match(String(logout.headers['set-cookie']), /Max-Age=0/);
  assert.equal((await rawRequest(server.port, 'GET', '/api/threads', session)).status, 401);
});

test('with a session its open streams end, and nobody else loses theirs', async () => {
  const thread = (await (await server.send('POST', '/api/agent', { message: 'Talk.' })).json()) as {
    threadId: string;
  };
  const signIn = async () => {
    const [cookie] = (await exchange(await server.loginKey())).headers['set-cookie'] ?? [];
    return { cookie: cookieOf(cookie) };
  };
  const [mine, other] = [await signIn(), await signIn()];
  const open = (headers: Record<string, string>) =>
    fetch(`${server.origin}/api/threads/${thread.threadId}/events`, { headers });
  const [ends, ...stay] = [await open(mine), await open(other), await open(server.headers)];
  assert.equal(server.streams.size, 3);
  assert.equal((await rawRequest(server.port, 'POST', '/auth/logout', mine)).status, 200);
  assert.match((await ends?.text()) ?? '', /run\.finished/);
  assert.equal(server.streams.size, 2);
  for (const answer of stay) await answer.body?.cancel();
});

test('a wrong Authorization header is not made good by a right cookie', async () => {
  const [cookie] = (await exchange(await server.loginKey())).headers['set-cookie'] ?? [];
  const both = { cookie: cookieOf(cookie), authorization: 'Bearer wrong' };
  assert.equal((await rawRequest(server.port, 'GET', '/api/threads', both)).status, 401);
});

test('guessing is limited to ten wrong keys a minute, and right keys count for nothing', async () => {
  let now = 1_000_000;
  const desk = new LoginDesk(server.store.sessions, () => now);
  for (let index = 0; index < 20; index++) await desk.take(await createLoginKey(server.store.sessions, now));
  for (let index = 0; index < 10; index++)
    await assert.rejects(desk.take(newSecret()), { code: 'unauthorized' });
  const right = await createLoginKey(server.store.sessions, now);
  await assert.rejects(desk.take(right), { code: 'too_many_requests', values: { seconds: 60 } });
  now += minute;
  await desk.take(right);
});

test('a clock that is set back does not lock the door for hours (F22)', async () => {
  let now = 10 * 60 * minute;
  const desk = new LoginDesk(server.store.sessions, () => now);
  for (let count = 0; count < 10; count++) await assert.rejects(desk.take(newSecret()));
  now -= 3 * 60 * minute;
  await desk.take(await createLoginKey(server.store.sessions, now));
});

test('a login key is too old after ten minutes', async () => {
  const made = 5_000_000;
  const { sessions } = server.store;
  const [early, late] = [await createLoginKey(sessions, made), await createLoginKey(sessions, made)];
  await new LoginDesk(sessions, () => made + 10 * minute - 1).take(early);
  await assert.rejects(new LoginDesk(sessions, () => made + 10 * minute + 1).take(late), {
    code: 'unauthorized',
  });
});

test('strange keys are wrong keys, whatever they reach for', async () => {
  const desk = new LoginDesk(server.store.sessions);
  for (const key of ["' or '1'='1", '', '__proto__', 'A'.repeat(44), '\0'.repeat(43), 'ключ'])
    await assert.rejects(desk.take(key), { code: 'unauthorized' });
});

test('a session ends after seven days without use, and after thirty at most', async () => {
  let now = 10 * day;
  const sessions = new Sessions(server.store.sessions, () => now);
  const idle = await sessions.create('owner');
  now += 7 * day + 1;
  assert.equal(await sessions.find(idle), null);
  const busy = await sessions.create('owner');
  for (let days = 1; days <= 30; days++) {
    now += day;
    assert.ok(await sessions.find(busy), `day ${days}`);
  }
  now += 1;
  assert.equal(await sessions.find(busy), null);
});

test('the store holds no secret that would open anything', async () => {
  const key = await server.loginKey();
  const [cookie] = (await exchange(await server.loginKey())).headers['set-cookie'] ?? [];
  const { readFileSync, readdirSync } = await import('node:fs');
  const files = readdirSync(server.dataDir, { withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map(({ name }) => readFileSync(`${server.dataDir}/${name}`, 'latin1')).join('');
  assert.ok(bytes.length > 0);
  assert.ok(!bytes.includes(key));
  assert.ok(!bytes.includes(cookieOf(cookie).split('=')[1] ?? ''));
});

test('the key of a link is behind the #, which no browser sends', () => {
  assert.equal(loginLink('http://localhost:3210', 'abc'), 'http://localhost:3210/#k=abc');
});
