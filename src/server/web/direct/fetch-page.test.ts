import assert from 'node:assert/strict';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { after, before, beforeEach, test } from 'node:test';
import { buildConnector } from 'undici';
import { startHost, type Host, type Reply } from '#tests/web/emulators/host.ts';
import { WebError } from '../web-error.ts';
import { createPageFetcher } from './fetch-page.ts';

/** Names of a small internet. Several answers in a row are given one after the other: a name that is bound anew. */
let names: Record<string, string[][]> = {};
let dialled: string[] = [];
let pages: Record<string, Reply> = {};
let host: Host;

before(async () => {
  host = await startHost(({ path }) => pages[path] ?? { status: 404, body: 'no such page' });
});
after(() => host.close());
beforeEach(() => {
  names = { 'site.test': [['93.184.215.14']], 'other.test': [['1.1.1.1']] };
  dialled = [];
  pages = {};
  host.requests.length = 0;
});

/** Every public address leads to the one server on loopback; what was to be connected to is written down. */
const connectHere = buildConnector({});
const fetchPage = (deadlineScale = 1) =>
  createPageFetcher({
    deadlineScale,
    version: '0',
    network: {
      resolve: (name) => {
        const answers = names[name] ?? [];
        const next = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
        return next.length
          ? Promise.resolve(next)
          : Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
      },
      connect: (options, callback) => {
        dialled.push(`${options.hostname}:${options.port || (options.protocol === 'https:' ? 443 : 80)}`);
        connectHere(
          { ...options, protocol: 'http:', hostname: '127.0.0.1', port: String(host.port) },
          callback,
        );
      },
    },
  });
const never = new AbortController().signal;
const html = (body: string, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body,
});

async function failureOf(work: Promise<unknown>): Promise<WebError> {
  const failure = await work.then(
    () => assert.fail('it should have failed'),
    (cause: unknown) => cause,
  );
  assert.ok(failure instanceof WebError, String(failure));
  return failure;
}

test('a public page is read as text, by the address that was checked, as nobody', async () => {
  pages['/a'] = html('<title>A page</title><h1>Hello</h1><p>See <a href="/b">b</a>.', {
    'set-cookie': 'x=1',
  });
  const page = await fetchPage()('http://site.test/a', never);
  assert.deepEqual([page.title, page.text], ['A page', '# Hello\n\nSee [b](http://site.test/b).']);
  assert.deepEqual(dialled, ['93.184.215.14:80']);
  const { cookie, authorization, referer, host: name } = host.requests[0]?.headers ?? {};
  assert.deepEqual([cookie, authorization, referer, name], [undefined, undefined, undefined, 'site.test']);
});

const denied = [
  ...[
    'http://127.0.0.1/',
    'http://localhost/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0/',
  ],
  ...[
    'http://017700000001/',
    'http://１２７.０.０.１/',
    'http://127。0。0。1/',
    'http://[::1]/',
    'http://[::]/',
  ],
  ...[
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::127.0.0.1]/',
    'http://[fe80::1]/',
  ],
  ...[
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://169.254.169.254/latest',
  ],
  ...[
    'http://100.100.100.200/',
    'http://192.168.0.1/',
    'http://10.0.0.5/',
    'http://172.20.0.1/',
    'http://0.0.0.0/',
  ],
  ...[
    'https://rebound.test/',
    'http://mixed.test/',
    'http://mapped.test/',
    'http://meta.test/',
    'http://cgnat.test/',
  ],
  ...['http://site.test:22/', 'http://site.test:8080/', 'https://site.test:80/', 'http://site.test:443/'],
];
for (const url of denied)
  test(`${url} is refused before anything is connected`, async () => {
    names = {
      ...names,
      localhost: [['127.0.0.1', '::1']],
      'rebound.test': [['127.0.0.1']],
      'mixed.test': [['93.184.215.14', '10.0.0.1']],
      'mapped.test': [['::ffff:10.0.0.1']],
      'meta.test': [['169.254.169.254']],
      'cgnat.test': [['100.64.1.1']],
    };
    const failure = await failureOf(fetchPage()(url, never));
    assert.equal(failure.kind, 'refused');
    assert.deepEqual([dialled, host.requests], [[], []]);
  });

for (const target of [
  'http://127.0.0.1/',
  'http://169.254.169.254/',
  'http://inside.test/',
  'http://site.test:9200/',
])
  test(`a redirect to ${target} is checked like the first address`, async () => {
    names['inside.test'] = [['10.1.2.3']];
    pages['/a'] = { status: 302, headers: { location: target }, body: '' };
    const failure = await failureOf(fetchPage()('http://site.test/a', never));
    assert.equal(failure.kind, 'refused');
    assert.equal(dialled.length, 1);
  });

test('a name that resolves to something else the next moment is checked each time it is connected to', async () => {
  names['rebind.test'] = [['93.184.215.14'], ['127.0.0.1']];
  pages['/a'] = { status: 302, headers: { location: 'http://rebind.test/b' }, body: '' };
  const failure = await failureOf(fetchPage()('http://rebind.test/a', never));
  assert.equal(failure.kind, 'refused');
  assert.deepEqual(dialled, ['93.184.215.14:80']);
});

test('redirects are followed at most five times, and to web addresses only', async () => {
  for (let n = 0; n < 7; n += 1)
    pages[`/${n}`] = { status: 301, headers: { location: `http://other.test/${n + 1}` }, body: '' };
  pages['/7'] = html('<p>end');
  pages['/file'] = { status: 302, headers: { location: 'file:///etc/passwd' }, body: '' };
  assert.match((await failureOf(fetchPage()('http://site.test/0', never))).message, /more than 5 times/);
  const page = await fetchPage()('http://site.test/2', never);
  assert.deepEqual([page.url, page.text], ['http://other.test/7', 'end']);
  assert.equal((await failureOf(fetchPage()('http://site.test/file', never))).kind, 'no_page');
});

test('what is no text, no 200 or too large is no page, packed or not', async () => {
  const big = Buffer.alloc(5 * 1024 * 1024, 'a');
  pages['/png'] = { status: 200, headers: { 'content-type': 'image/png' }, body: 'x' };
  pages['/big'] = { status: 200, headers: { 'content-type': 'text/plain' }, body: big };
  pages['/bomb'] = html('', { 'content-encoding': 'gzip' });
  pages['/bomb'].body = gzipSync(big);
  pages['/odd'] = html('x', { 'content-encoding': 'zstd' });
  pages['/broken'] = html('not packed', { 'content-encoding': 'br' });
  for (const path of ['/png', '/big', '/bomb', '/odd', '/broken', '/missing'])
    assert.equal((await failureOf(fetchPage()(`http://site.test${path}`, never))).kind, 'no_page', path);
  pages['/br'] = { ...html('', { 'content-encoding': 'br' }), body: brotliCompressSync('<p>packed') };
  assert.equal((await fetchPage()('http://site.test/br', never)).text, 'packed');
});

test('charsets are read as they are declared, and JSON and plain text as they are', async () => {
  pages['/latin'] = {
    ...html('', { 'content-type': 'text/html' }),
    body: Buffer.from('<meta charset=iso-8859-1><p>caf\u00e9', 'latin1'),
  };
  pages['/json'] = { status: 200, headers: { 'content-type': 'application/ld+json' }, body: '{"a":1}' };
  pages['/strange'] = html('<p>ok', { 'content-type': 'text/html; charset=klingon' });
  assert.equal((await fetchPage()('http://site.test/latin', never)).text, 'café');
  assert.equal((await fetchPage()('http://site.test/json', never)).text, '{"a":1}');
  assert.equal((await fetchPage()('http://site.test/strange', never)).text, 'ok');
});

test('a silent page is given up after its deadline, a stopped run at once, and a missing name is told', async () => {
  pages['/hang'] = { ...html(''), hang: true };
  assert.equal((await failureOf(fetchPage(0.002)('http://site.test/hang', never))).kind, 'timeout');
  const reason = new Error('stopped');
  await assert.rejects(fetchPage()('http://site.test/hang', AbortSignal.abort(reason)), reason);
  const failure = await failureOf(fetchPage()('http://missing.test/', never));
  assert.deepEqual([failure.kind, /ENOTFOUND/.test(failure.message)], ['unreachable', true]);
});
