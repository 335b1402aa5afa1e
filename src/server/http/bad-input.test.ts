import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NewKeyAnswer } from '#protocol/keys.ts';
import type { McpServerView } from '#protocol/mcp.ts';
import { errorCatalogue } from '#protocol/errors.ts';
import { inOrder } from '#server/agent/testing/workbench.ts';
import { routes } from './routes.ts';
import { openTestServer, readEvents, type TestServer } from './testing/test-server.ts';

let server: TestServer;
/** A thread that waits for a review, so that every command has something it could damage. */
let threadId: string;
let keyId: string;
let mcpId: string;

before(async () => {
  const write = { name: 'write_file', args: { path: 'a.txt', content: 'a' } };
  server = await openTestServer({ script: inOrder({ text: 'I write.', calls: [write] }) });
  const answer = await server.send('POST', '/api/agent', { message: 'Write a file.' });
  ({ threadId } = (await answer.json()) as { threadId: string });
  const minted = await server.send('POST', '/api/keys', { name: 'A key' });
  keyId = ((await minted.json()) as NewKeyAnswer).key.id;
  const transport = { type: 'http', url: 'https://mcp.test/' };
  const added = await server.send('POST', '/api/mcp', { name: 'unasked', enabled: false, transport });
  mcpId = ((await added.json()) as McpServerView).id;
});
after(() => server.close());

async function record(): Promise<string> {
  const paths = ['/api/threads', `/api/threads/${threadId}`, '/api/usage', `/api/threads/${threadId}/files`];
  const answers = await Promise.all(paths.map((path) => server.send('GET', path)));
  const events = await server.events(threadId);
  return (await Promise.all(answers.map((answer) => answer.text()))).join('\n') + JSON.stringify(events);
}

/** Refused with a code of the catalogue and a whole sentence; nothing is different afterwards. */
async function refused(
  [method, path, body, headers]: [string, string, unknown?, Record<string, string>?],
  status: number,
  code?: string,
): Promise<string> {
  const before = await record();
  const answer = await server.send(method, path, body, headers);
  const text = await answer.text();
  const about = `${method} ${path} ${String(JSON.stringify(body)).slice(0, 200)}: ${answer.status} ${text.slice(0, 300)}`;
  assert.equal(answer.status, status, about);
  const error = JSON.parse(text) as { error: string; code: keyof typeof errorCatalogue };
  assert.deepEqual(Object.keys(error).sort(), ['code', 'error'], about);
  assert.equal(errorCatalogue[error.code].status, status, about);
  if (code !== undefined) assert.equal(error.code, code, about);
  assert.match(error.error, /^[^{}]{5,}$/, about);
  assert.equal(await record(), before, about);
  return error.error;
}

const withBody = routes.filter(({ method, path }) => method !== 'GET' && path !== '/auth/logout');
const readsBody = withBody.filter(
  ({ method, path, takes }) => method !== 'DELETE' && !path.endsWith('/cancel') && takes !== 'bytes',
);
/** Those whose limit a test can go over at once. */
const isSmall = ({ bodyLimit }: (typeof routes)[number]) => bodyLimit <= 512 * 1024;
const idOf = (path: string) =>
  path.startsWith('/api/keys/') ? keyId : path.startsWith('/api/mcp/') ? mcpId : threadId;
const fill = (path: string) => path.replace('{id}', idOf(path));

test('what is no JSON object is refused by every endpoint that reads one', async () => {
  const bodies = [
    '',
    '{',
    '{"message":"a"',
    'null',
    '[]',
    '"text"',
    '42',
    'true',
    '{"a":1}{"b":2}',
    "{'a':1}",
    'NaN',
  ];
  for (const { method, path } of readsBody)
    for (const body of bodies) await refused([method, fill(path), body], 400, 'bad_json');
});

test('a body of another type, coded, too large or too deep is refused by every endpoint', async () => {
  const deep = '{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000);
  const small = '/auth/exchange';
  for (const route of withBody) {
    const { method, path } = route;
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=a',
      'application/jsonx',
      '',
    ])
      await refused([method, fill(path), '{}', { 'content-type': type }], 415, 'unsupported_media_type');
    await refused([method, fill(path), '{}', { 'content-encoding': 'gzip' }], 415, 'unsupported_media_type');
    if (isSmall(route))
      await refused([method, fill(path), JSON.stringify({ message: 'x'.repeat(600_000) })], 413, 'too_large');
  }
  for (const { method, path } of readsBody.filter(({ path }) => path !== small))
    await refused([method, fill(path), deep], 400, 'bad_request');
});

test('a body without an announced length is counted while it arrives', async () => {
  const before = await record();
  for (const { method, path } of readsBody.filter(isSmall)) {
    const chunk = new TextEncoder().encode(' '.repeat(64 * 1024));
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => (sent++ < 20 ? controller.enqueue(chunk) : controller.close()),
    });
    const init = { method, body, duplex: 'half', headers: server.headers } as RequestInit;
    const answer = await fetch(server.origin + fill(path), init);
    assert.equal(answer.status, 413, `${method} ${path}`);
  }
  assert.equal(await record(), before);
});

test('a GET takes no body', async () => {
  const { rawRequest } = await import('./testing/raw-request.ts');
  for (const { path } of routes.filter(({ method }) => method === 'GET')) {
    const headers = { ...server.headers, 'content-length': '2' };
    assert.equal((await rawRequest(server.port, 'GET', fill(path), headers, '{}')).status, 413, path);
  }
});

test('wrong types, missing fields and values out of range name the field', async () => {
  const message = 'hello';
  const starts: [object, RegExp][] = [
    [{}, /"message"/],
    [{ message: 1 }, /"message"/],
    [{ message: ['a'] }, /"message"/],
    [{ message: { toString: 'a' } }, /"message"/],
    [{ message: '' }, /empty/],
    [{ message: ' \n\t ' }, /empty/],
    [{ message, threadId: 7 }, /"threadId"/],
    [{ message, threadId: 'x'.repeat(1_000) }, /"threadId"/],
    [{ message, currentFile: 'a\0b' }, /"currentFile"/],
    [{ message, currentFile: 'x'.repeat(10_000) }, /"currentFile"/],
    [{ message, useMorph: 'yes' }, /"useMorph"/],
    [{ message, sandboxType: 'docker' }, /"sandboxType"/],
    [{ message, approvalMode: 'always' }, /"approvalMode"/],
    [{ message, modelName: '' }, /"modelName"/],
    [{ message, modelName: { $ne: null } }, /"modelName"/],
    [{ message, modelConfig: 'red' }, /"modelConfig"/],
    [{ message, modelConfig: { provider: 'red' } }, /"modelConfig.model"/],
    [
      { message, modelConfig: { provider: 'red', model: 'red-1', temperature: 3 } },
      /"modelConfig.temperature"/,
    ],
    [
      { message, modelConfig: { provider: 'red', model: 'red-1', maxTokens: 1.5 } },
      /"modelConfig.maxTokens"/,
    ],
    [{ message, modelConfig: { provider: 'red', model: 'red-1', maxTokens: -1 } }, /"modelConfig.maxTokens"/],
    [
      { message, modelConfig: { provider: 'red', model: 'red-1', reasoningEffort: 'max' } },
      /"modelConfig.reasoningEffort"/,
    ],
    [{ message, clientMessageId: {} }, /"clientMessageId"/],
  ];
  for (const [body, named] of starts) assert.match(await refused(['POST', '/api/agent', body], 400), named);
  const changes: [object, RegExp][] = [
    [{ title: 1 }, /"title"/],
    [{ title: 'x'.repeat(2_000) }, /"title"/],
    [{ budgetUsd: '5' }, /"budgetUsd"/],
    [{ budgetUsd: -1 }, /budget/i],
    [{ approvalMode: 'never' }, /"approvalMode"/],
  ];
  for (const [body, named] of changes)
    assert.match(await refused(['PATCH', `/api/threads/${threadId}`, body], 400), named);
});

test('numbers beyond all bounds are refused, whatever JSON says they are', async () => {
  for (const number of ['1e999', '-1e999', '1e308', '-0.1'])
    await refused(['PATCH', `/api/threads/${threadId}`, `{"budgetUsd":${number}}`], 400);
  for (const number of ['1e999', '99999999999999999999'])
    await refused(
      [
        'POST',
        '/api/agent',
        `{"message":"a","modelConfig":{"provider":"red","model":"r","maxTokens":${number}}}`,
      ],
      400,
    );
  for (const after of ['-1', '1.5', '1e3', 'x', '99999999999999999999', '0x10', ' 1'])
    await refused(
      ['GET', `/api/threads/${threadId}/events?after=${encodeURIComponent(after)}`],
      400,
      'bad_request',
    );
  await refused(
    ['GET', `/api/threads/${threadId}/events`, undefined, { 'last-event-id': 'evil' }],
    400,
    'bad_request',
  );
});

test('decisions that are none change nothing', async () => {
  const review = (approval: unknown) =>
    ['PUT', '/api/agent', { threadId, approval }] as [string, string, unknown];
  const call = { toolCallId: 'call_0_0', hash: 'x', action: 'approved' };
  const wrong = [
    undefined,
    null,
    'approved',
    {},
    { action: 'maybe' },
    { action: ['approved'] },
    { decisions: [] },
    { decisions: {} },
    { decisions: [null] },
    { decisions: [{ ...call, action: 'change_model' }] },
    { decisions: [{ ...call, hash: 1 }] },
    { decisions: [{ ...call, args: [] }] },
    { decisions: [{ ...call, args: 'rm -rf' }] },
    { decisions: Array.from({ length: 200 }, () => call) },
    { action: 'change_model', newModelConfig: { provider: 'red' } },
    { action: 'change_model', newModelConfig: { provider: 'nobody', model: 'x' } },
  ];
  for (const approval of wrong) await refused(review(approval), 400);
  await refused(review({ decisions: [call] }), 409, 'arguments_changed');
  await refused(
    ['PUT', '/api/agent', { threadId: 'thread_unknown', approval: { action: 'approved' } }],
    404,
    'not_found',
  );
  await refused(
    ['PUT', '/api/agent', { threadId, runId: 'run_other', approval: { action: 'approved' } }],
    409,
  );
});

test('keys that reach for a prototype are data or nothing, and reach no prototype', async () => {
  const poison =
    '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"prototype":{"polluted":true}';
  for (const { method, path } of readsBody) {
    const answer = await server.send(method, fill(path), `{${poison},"title":"Named","approvalMode":"ask"}`);
    await answer.text();
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status}`);
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  const hash = await pendingHash();
  const decision = `{"toolCallId":"call_0_0","hash":"${hash}","action":"edit","args":{"path":"a.txt","content":"b",${poison}}}`;
  await refused(
    ['PUT', '/api/agent', `{"threadId":"${threadId}","approval":{"decisions":[${decision}]}}`],
    400,
  );
});

async function pendingHash(): Promise<string> {
  const answer = await server.send('GET', `/api/threads/${threadId}`);
  const { pendingReview } = (await answer.json()) as { pendingReview: { toolCalls: { hash: string }[] } };
  return pendingReview.toolCalls[0]?.hash ?? '';
}

const queryOf = (path: string) => (/\/files(?:\/|$)/.test(path) ? '?path=a.txt' : '');
const typeOf = (takes?: string): Record<string, string> =>
  takes === 'bytes' ? { 'content-type': 'application/octet-stream' } : {};

test('unknown ids, and ids that no one has, are 404 on every address that takes one', async () => {
  const bodies: Record<string, object> = { PATCH: { title: 'x' }, POST: { modelName: 'blue' } };
  const ids = [
    'thread_unknown',
    '0',
    'constructor',
    '__proto__',
    'null',
    'x'.repeat(100),
    'x'.repeat(101),
    "'or'1",
  ];
  for (const { method, path, takes } of routes.filter(({ path }) => path.includes('{id}')))
    for (const id of ids) {
      const address = path.replace('{id}', encodeURIComponent(id)) + queryOf(path);
      await refused([method, address, bodies[method], typeOf(takes)], 404, 'not_found');
    }
  await refused(['POST', '/api/agent', { message: 'hi', threadId: 'thread_unknown' }], 404, 'not_found');
  await refused(['POST', '/api/agent', { message: 'hi', sandboxId: 'thread_unknown' }], 404, 'not_found');
});

test('what another person owns is as if it were not there, whatever is asked of it', async () => {
  const { store } = server;
  const mine = await store.threads.get('owner', threadId);
  assert.ok(mine);
  await store.threads.create({
    ...mine,
    id: 'thread_of_b',
    userId: 'user-b',
    sandboxId: 'sandbox_of_b',
    title: 'Secret of B',
  });
  const bodies: Record<string, object> = { PATCH: { title: 'x' }, POST: { modelName: 'blue' } };
  for (const { method, path, takes } of routes.filter(({ path }) => path.includes('{id}'))) {
    const address = path.replace('{id}', 'thread_of_b') + queryOf(path);
    await refused([method, address, bodies[method], typeOf(takes)], 404, 'not_found');
  }
  await refused(['POST', '/api/agent', { message: 'hi', threadId: 'thread_of_b' }], 404, 'not_found');
  await refused(['POST', '/api/agent', { message: 'hi', sandboxId: 'sandbox_of_b' }], 404, 'not_found');
  await refused(
    ['PUT', '/api/agent', { threadId: 'thread_of_b', approval: { action: 'approved' } }],
    404,
    'not_found',
  );
  assert.doesNotMatch(await record(), /Secret of B/);
});

test('the sentences of the contract about models, word for word', async () => {
  assert.equal(await refused(['POST', '/api/models', { modelName: 'nope' }], 400), 'Invalid model preset');
  const missing = 'Must provide modelName or provider+customModel';
  for (const body of [{}, { provider: 'red' }, { customModel: 'x' }, { modelName: null }])
    assert.equal(await refused(['POST', '/api/models', body], 400), missing);
  await refused(['POST', '/api/models', { provider: 'nobody', customModel: 'x' }], 400, 'unknown_provider');
  await refused(['POST', '/api/agent', { message: 'hi', modelName: 'nope' }], 400, 'invalid_model_preset');
  const retired = { provider: 'red', model: 'retired' };
  await refused(['POST', '/api/agent', { message: 'hi', modelConfig: retired }], 400, 'model_retired');
  await refused(['POST', `/api/threads/${threadId}/switch/preview`, {}], 400, 'missing_model');
});

test('paths outside of the workspace, of nothing, and of folders are refused', async () => {
  const content = (path: string) => `/api/threads/${threadId}/files/content?path=${encodeURIComponent(path)}`;
  await refused(['GET', `/api/threads/${threadId}/files/content`], 400, 'bad_request');
  await refused(['GET', content('a\0b')], 400, 'bad_request');
  await refused(['GET', content('x'.repeat(5_000))], 400, 'bad_request');
  await refused(['GET', content('missing.txt')], 404, 'file_not_found');
  await refused(['GET', `/api/threads/${threadId}/files?path=a%00b`], 400, 'bad_request');
  await refused(['GET', '/api/usage?groupBy=secret'], 400, 'bad_request');
});

test('an idempotency key without a length, or with too much of it, is refused', async () => {
  for (const key of ['', 'x'.repeat(300)])
    await refused(['POST', '/api/agent', { message: 'hi' }, { 'idempotency-key': key }], 400, 'bad_request');
});

test('strange text that is text is kept as it is', async () => {
  const message = 'a\0b \u202e ‮ \ud83d\ude00 \x1b[31m </script> \u2028';
  const answer = await server.send('POST', '/api/agent', { message }, { accept: 'text/event-stream' });
  const [started] = await readEvents(answer, 1);
  const view = await server.send('GET', `/api/threads/${String(started?.data.threadId)}`);
  const { messages } = (await view.json()) as { messages: { parts: { text: string }[] }[] };
  assert.equal(messages[0]?.parts[0]?.text, message);
});

test('half of a surrogate pair does not get further than the door', async () => {
  const answer = await server.send('POST', '/api/agent', '{"message":"a\\ud800b"}');
  const { threadId: id } = (await answer.json()) as { threadId: string };
  const view = await server.send('GET', `/api/threads/${id}`);
  const { messages } = (await view.json()) as { messages: { parts: { text: string }[] }[] };
  assert.equal(messages[0]?.parts[0]?.text, 'a\ufffdb');
});

test('an error that nobody expected shows a reference and nothing else', async () => {
  const { models } = server.services;
  const list = models.list;
  models.list = () => {
    throw new Error('secret detail of the engine');
  };
  try {
    const answer = await server.send('GET', '/api/models');
    const { error, code } = (await answer.json()) as { error: string; code: string };
    assert.deepEqual([answer.status, code], [500, 'internal']);
    assert.doesNotMatch(error, /secret detail/);
    const reference = /under ([0-9a-f]{8})\./.exec(error)?.[1] ?? 'none';
    assert.ok(server.logged.some((line) => line.includes(reference)));
  } finally {
    models.list = list;
  }
});
