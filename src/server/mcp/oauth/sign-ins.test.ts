import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { parse } from 'valibot';
import type { CrosspointError } from '#protocol/errors.ts';
import { mcpServerConfig, type McpCallback, type McpServerView } from '#protocol/mcp.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { McpServers } from '../mcp-servers.ts';
import { text } from '../testing/http-server.ts';
import { startProtectedServer } from '../testing/oauth-server.ts';

const redirectUrl = 'http://localhost:3210/settings/mcp/callback';
const call = () => ({ signal: new AbortController().signal, onProgress: () => undefined });

let [folder, now] = ['', 0];
let store: Store;
let remote: Awaited<ReturnType<typeof startProtectedServer>>;
let servers: McpServers;
let id: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sign-ins-'));
  store = await openStore(folder);
  remote = await startProtectedServer([
    { name: 'hello', description: 'Says hello.', call: () => text('hello') },
  ]);
  servers = await open();
  ({ id } = await servers.add(config(remote.url)));
});
afterEach(async () => {
  await servers.close();
  await remote.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const open = () =>
  McpServers.open({
    settings: store.settings,
    secretOf: () => null,
    version: '1',
    now: () => now,
    logger: { warn: (_details, message) => assert.fail(message) },
    openSandbox: () => assert.fail('nothing of this runs in a sandbox'),
  });
const config = (url: string, more: object = {}) =>
  parse(mcpServerConfig, { name: 'remote', transport: { type: 'http', url, ...more } });

/** The person says yes in their browser, and comes back to our page. */
async function consent(url: string): Promise<McpCallback> {
  const response = await fetch(url, { redirect: 'manual' });
  assert.equal(response.status, 302, await response.text());
  const back = new URL(response.headers.get('location') ?? '');
  assert.equal(back.origin + back.pathname, redirectUrl);
  const { state, code, iss } = Object.fromEntries(back.searchParams) as Record<string, string>;
  return { state: state!, ...(code ? { code } : {}), ...(iss ? { iss } : {}) };
}
const begin = () => servers.signIn(id, 'owner', redirectUrl);
const signIn = async () => servers.finishSignIn(await consent(await begin()), 'owner');
async function agreed(): Promise<McpServerView> {
  await signIn();
  const { tools, problem } = await servers.look(id);
  assert.equal(problem, undefined);
  return servers.agree(id, tools);
}
function hello() {
  const [offered] = servers.offeredTo('thread');
  assert.ok(offered);
  return servers.call(offered, {}, call());
}
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('it did not fail'),
    (cause: unknown) => cause as CrosspointError,
  );
const seen = () => servers.list(null).map(({ signIn, state, tools }) => [signIn, state, tools.length])[0];

test('a server that answers 401 says that a person has to sign in; they do, and its tools work, also after a restart', async () => {
  const looked = await servers.look(id);
  assert.deepEqual([looked.signIn, looked.state], ['needed', 'failed']);
  assert.match(looked.problem ?? '', /"remote" wants the person to sign in/);
  assert.equal((await signIn()).signIn, 'signed-in');
  assert.deepEqual(
    (await agreed()).tools.map(({ state }) => state),
    ['offered'],
  );
  assert.equal((await hello()).text, 'hello');
  await servers.close();
  servers = await open();
  assert.equal((await hello()).text, 'hello');
  await signIn();
  assert.equal((await hello()).text, 'hello');
  assert.deepEqual(remote.authorization.refusals, []);
  assert.equal(remote.authorization.clients.size, 1, 'it registers once');
});

test('an access token that ended is renewed once for calls at the same time; a rotated refresh token is never sent again', async () => {
  await agreed();
  await hello();
  for (let round = 0; round < 3; round++) {
    remote.authorization.expire();
    const results = await Promise.all([hello(), hello(), hello()]);
    assert.deepEqual(
      results.map(({ text: said }) => said),
      ['hello', 'hello', 'hello'],
    );
  }
  remote.authorization.flaws.lives = 1;
  remote.authorization.expire();
  await hello();
  const before = remote.authorization.asked.length;
  await hello();
  assert.deepEqual(
    remote.authorization.asked.slice(before),
    ['POST /token'],
    'before it ends, without a refusal',
  );
  assert.deepEqual(remote.authorization.refusals, []);
});

test('when the server takes no token any more its tools stay listed and refuse with what to do', async () => {
  await agreed();
  remote.authorization.expire(true);
  await assert.rejects(hello(), {
    code: 'mcp_sign_in_needed',
    message: /sign in\. They can do so in the settings/,
  });
  assert.deepEqual(seen(), ['needed', 'failed', 1]);
  assert.equal(servers.offeredTo('thread').length, 1);
  await signIn();
  assert.equal((await hello()).text, 'hello');
  remote.says.refusesAll = true;
  await assert.rejects(hello(), { code: 'mcp_sign_in_needed' });
});

test('an authorization server that is away costs no token: nobody has to sign in again for it', async () => {
  await agreed();
  remote.authorization.expire();
  await remote.authorization.close();
  await assert.rejects(hello(), { code: 'mcp_unreachable' });
  assert.equal(seen()?.[0], 'signed-in');
});

test('without a refresh token the person signs in again when the access token has ended', async () => {
  remote.authorization.flaws.givesRefreshTokens = false;
  await agreed();
  await hello();
  remote.authorization.expire();
  await assert.rejects(hello(), { code: 'mcp_sign_in_needed' });
});

test('signing out forgets the tokens, and so does another address or removing the server', async () => {
  await agreed();
  assert.equal(servers.secrets().length, 3);
  assert.equal((await servers.signOut(id)).signIn, 'needed');
  assert.deepEqual(servers.secrets(), []);
  await assert.rejects(hello(), { code: 'mcp_sign_in_needed' });
  await signIn();
  await servers.change(id, config(remote.url, { allowPrivate: true }));
  assert.deepEqual(servers.secrets(), []);
  await signIn();
  await servers.remove(id);
  assert.deepEqual(servers.secrets(), []);
  assert.equal(await store.settings.getSecret('mcp.sign-ins'), '{}');
});

test('a state counts once, for who began, for ten minutes, and not when the server changed meanwhile', async () => {
  const back = await consent(await begin());
  const expired = { code: 'mcp_sign_in_expired' };
  await assert.rejects(servers.finishSignIn({ ...back, state: 'x'.repeat(43) }, 'owner'), expired);
  await assert.rejects(servers.finishSignIn(back, 'another'), expired);
  await servers.finishSignIn(back, 'owner');
  await assert.rejects(servers.finishSignIn(back, 'owner'), expired);
  const late = await consent(await begin());
  now += 10 * 60 * 1_000 + 1;
  await assert.rejects(servers.finishSignIn(late, 'owner'), expired);
  const [first, second] = [await consent(await begin()), await consent(await begin())];
  await assert.rejects(servers.finishSignIn(first, 'owner'), expired);
  await servers.signOut(id);
  await assert.rejects(servers.finishSignIn(second, 'owner'), expired);
  assert.deepEqual(servers.secrets(), []);
});

test('no secret of it stands in the database as it is, in a view or in a failure', async () => {
  await agreed();
  const secrets = remote.authorization.secrets();
  assert.ok(secrets.length >= 3);
  const places = [
    JSON.stringify(servers.list(null)),
    ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1')),
  ];
  for (const secret of secrets) for (const place of places) assert.ok(!place.includes(secret));
  assert.ok(secrets.every((secret) => servers.secrets().includes(secret)));
  remote.authorization.expire();
  remote.authorization.flaws.echoes = true;
  const back = await consent(await begin());
  const failures = [await failureOf(hello()), await failureOf(servers.finishSignIn(back, 'owner'))];
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['mcp_unreachable', 'mcp_sign_in_failed'],
  );
  const told = inspect(failures, { depth: null });
  assert.match(told, /\[secret\]/);
  for (const secret of [...secrets, back.code!]) assert.ok(!told.includes(secret));
});

test('the metadata must be of the issuer that was asked, and the answer must come from it', async () => {
  const { flaws, issuer } = remote.authorization;
  flaws.metadata = { issuer: 'https://honest.example' };
  await assert.rejects(begin(), { code: 'mcp_sign_in_failed', message: /issuer/i });
  flaws.metadata = {};
  for (const iss of ['https://honest.example', `${issuer}/`, null]) {
    flaws.iss = iss;
    await assert.rejects(signIn(), { code: 'mcp_sign_in_failed', message: /iss/i });
  }
  assert.ok(!remote.authorization.asked.includes('POST /token'), 'no code went anywhere');
  delete flaws.iss;
  const refused = await consent(await begin());
  const denied = {
    state: refused.state,
    iss: issuer,
    error: 'access_denied',
    errorDescription: 'the person\nsaid no',
  };
  await assert.rejects(servers.finishSignIn(denied, 'owner'), {
    message: /access_denied: the person said no/,
  });
});

test('a resource that is another server, and addresses that may not be asked or opened, are refused', async () => {
  const bad = async (change: () => void, words: RegExp) => {
    change();
    await assert.rejects(begin(), { code: 'mcp_sign_in_failed', message: words });
    remote.says.metadata = {};
    remote.authorization.flaws.metadata = {};
  };
  await bad(() => (remote.says.metadata = { resource: 'https://honest.example/mcp' }), /does not match/);
  await bad(() => (remote.says.metadata = { authorization_servers: ['http://honest.example'] }), /https/);
  const over = (metadata: Record<string, unknown>) => () => (remote.authorization.flaws.metadata = metadata);
  await bad(over({ authorization_endpoint: 'http://honest.example/a' }), /https/);
  await bad(over({ authorization_endpoint: 'javascript:alert(1)' }), /javascript/);
  await bad(over({ registration_endpoint: 'http://honest.example/r' }), /https/);
  await bad(over({ code_challenge_methods_supported: ['plain'] }), /S256|PKCE|code challenge/i);
  await bad(over({ filler: 'x'.repeat(300_000) }), /larger/);
  await bad(over({ registration_endpoint: undefined }), /registration/);
});

test('a server of the public internet leads to no server of this machine', async () => {
  const { SignIns } = await import('./sign-ins.ts');
  const signIns = await SignIns.open({ settings: store.settings });
  const transport = { ...config('https://mcp.example.com/mcp').transport, type: 'http' as const };
  const auth = signIns.authOf({ id: 'public', name: 'public', transport: transport as never });
  const challenge = `Bearer resource_metadata="${new URL(remote.url).origin}/of-this-resource"`;
  const response = new Response('', { status: 401, headers: { 'www-authenticate': challenge } });
  await assert.rejects(async () => auth.onUnauthorized?.({ response } as never), {
    code: 'mcp_sign_in_needed',
  });
  const began = signIns.begin(
    { id: 'public', name: 'public', transport: transport as never },
    'owner',
    redirectUrl,
  );
  await assert.rejects(began, { code: 'mcp_sign_in_failed' });
  assert.deepEqual(remote.authorization.asked, []);
  assert.deepEqual(remote.requests, []);
});

test('the emulator refuses what the specifications refuse', async () => {
  await signIn();
  const { authorization } = remote;
  const [[clientId, client] = assert.fail()] = authorization.clients;
  const verifier = 'v'.repeat(50);
  const query = {
    client_id: clientId,
    redirect_uri: redirectUrl,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: remote.url,
    state: 's'.repeat(30),
  };
  const authorize = (more: object) =>
    fetch(`${authorization.issuer}/authorize?${new URLSearchParams({ ...query, ...more })}`, {
      redirect: 'manual',
    });
  const exchange = async (more: object) => {
    const location = (await authorize({})).headers.get('location') ?? '';
    const form = {
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: client.secret,
      code: new URL(location).searchParams.get('code') ?? '',
      redirect_uri: redirectUrl,
      code_verifier: verifier,
      resource: remote.url,
      ...more,
    };
    const ask = () =>
      fetch(`${authorization.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
    return { first: await ask(), again: ask };
  };
  for (const more of [
    { code_challenge: '' },
    { resource: '' },
    { redirect_uri: 'http://localhost:1/x' },
    { client_id: 'x' },
  ])
    assert.equal((await authorize(more)).status, 400);
  for (const more of [
    { code_verifier: 'w'.repeat(50) },
    { resource: '' },
    { redirect_uri: `${redirectUrl}/` },
    { code: 'x' },
    { client_secret: '' },
  ])
    assert.equal((await exchange(more)).first.status, 400, JSON.stringify(more));
  const good = await exchange({});
  assert.equal(good.first.status, 200);
  assert.equal((await good.again()).status, 400, 'a code is used once');
  const { access_token: access, refresh_token: refresh } = (await good.first.json()) as Record<
    string,
    string
  >;
  assert.equal(authorization.allows(`Bearer ${access}`), true);
  const renew = { grant_type: 'refresh_token', refresh_token: refresh! };
  assert.equal((await exchange(renew)).first.status, 200);
  assert.equal((await exchange(renew)).first.status, 400, 'it was rotated away');
  assert.equal(authorization.allows(`Bearer ${access}`), false, 'and all of the family has ended');
});
