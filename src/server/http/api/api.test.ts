import { hash } from 'node:crypto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { existsSync, globSync } from 'node:fs';
import { inOrder } from '#server/agent/testing/workbench.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openTestServer, type TestServer } from '../testing/test-server.ts';

type Json = Record<string, unknown>;

async function json<Body = Json>(answer: Response | Promise<Response>, status = 200): Promise<Body> {
  const { status: given, headers } = await answer;
  const text = await (await answer).text();
  assert.equal(given, status, text);
  assert.equal(headers.get('content-type'), 'application/json');
  return JSON.parse(text) as Body;
}

async function withServer(
  script: Parameters<typeof openTestServer>[0],
  work: (server: TestServer) => Promise<void>,
) {
  const server = await openTestServer(script);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const write = { name: 'write_file', args: { path: 'src/a.txt', content: 'hi\n' } };

test('a turn over JSON: the answer, a review in the form of the contract, a decision, the rest', () =>
  withServer({ script: inOrder({ text: 'I write.', calls: [write] }, { text: 'Done.' }) }, async (server) => {
    const asked = await json(server.send('POST', '/api/agent', { message: 'Write a file.' }));
    assert.deepEqual(Object.keys(asked).sort(), ['data', 'interrupt', 'runId', 'threadId']);
    const data = asked.data as { type: string; toolCalls: Json[]; currentState: Json };
    assert.deepEqual([asked.interrupt, data.type], [true, 'human_review']);
    assert.deepEqual(data.currentState, { file: null, content: null, model: 'red/red-1' });
    const [call] = data.toolCalls;
    assert.deepEqual([call?.name, call?.args], ['write_file', write.args]);
    const { threadId } = asked as { threadId: string };
    const decision = { toolCallId: call?.id, hash: call?.hash, action: 'approved' };
    const answered = await json(
      server.send('PUT', '/api/agent', { threadId, approval: { decisions: [decision] } }),
    );
    assert.equal(answered.response, 'Done.');
    assert.deepEqual(answered.state, {
      currentFile: 'src/a.txt',
      sandboxId: threadId,
      awaitingHumanInput: false,
      modelUsed: 'red/red-1',
    });
    const [usage] = answered.usage as Json[];
    assert.deepEqual(
      [usage?.provider, usage?.model, usage?.inputTokens, usage?.costUsd],
      ['red', 'red-1', 100, 0.001],
    );
    await json(server.send('PUT', '/api/agent', { threadId, approval: { action: 'rejected' } }), 409);
  }));

test('the workspace is seen through the sandbox: folders first, text as text, everything else by its size', () =>
  withServer({ script: inOrder({ calls: [write] }, { text: 'Done.' }) }, async (server) => {
    const { threadId } = await json(
      server.send('POST', '/api/agent', { message: 'Write.', approvalMode: 'auto' }),
    );
    const sandbox = await openOf(server, String(threadId));
    await sandbox.files.write('image.bin', Uint8Array.from([0xff, 0x00, 0x01]));
    await sandbox.files.write('large.txt', Buffer.from('é'.repeat(300 * 1024)));
    const files = `/api/threads/${String(threadId)}/files`;
    assert.deepEqual(await json(server.send('GET', files)), {
      path: '',
      entries: [
        {
          path: 'src',
          type: 'directory',
          size: (await json<{ entries: { size: number }[] }>(server.send('GET', files))).entries[0]?.size,
        },
        { path: 'image.bin', type: 'file', size: 3 },
        { path: 'large.txt', type: 'file', size: 600 * 1024 },
      ],
    });
    const read = (path: string) =>
      json(server.send('GET', `${files}/content?path=${encodeURIComponent(path)}`));
    assert.deepEqual(await read('src/a.txt'), {
      path: 'src/a.txt',
      size: 3,
      content: 'hi\n',
      truncated: false,
      hash: hash('sha256', 'hi\n'),
    });
    assert.deepEqual(await read('image.bin'), {
      path: 'image.bin',
      size: 3,
      content: null,
      truncated: false,
      hash: hash('sha256', Uint8Array.from([0xff, 0x00, 0x01])),
    });
    const large = await read('large.txt');
    assert.deepEqual([large.size, large.truncated], [600 * 1024, true]);
    assert.match(String(large.content), /^é+$/);
    assert.equal(String(large.content).length, 256 * 1024);
  }));

test('threads are listed, shown, changed, switched, stopped and deleted', () =>
  withServer({ script: inOrder({ text: 'Hello.' }) }, async (server) => {
    const { threadId } = await json(
      server.send('POST', '/api/agent', { message: 'Hello?', modelName: 'blue' }),
    );
    const path = `/api/threads/${String(threadId)}`;
    const listed = await json<{ threads: Json[] }>(server.send('GET', '/api/threads'));
    assert.deepEqual(
      listed.threads.map(({ id, title }) => [id, title]),
      [[threadId, 'Hello?']],
    );
    const view = await json<{ messages: { role: string }[]; modelConfig: Json }>(server.send('GET', path));
    assert.deepEqual(
      view.messages.map(({ role }) => role),
      ['user', 'assistant'],
    );
    assert.deepEqual(view.modelConfig, { provider: 'blue', model: 'blue-1' });
    const preview = await json(server.send('POST', `${path}/switch/preview`, { modelName: 'red' }));
    assert.deepEqual([preview.from, preview.to, preview.fits], ['blue/blue-1', 'red/red-1', true]);
    const change = { title: 'Named', modelName: 'red', approvalMode: 'auto', budgetUsd: 2.5 };
    const changed = await json(server.send('PATCH', path, change));
    assert.deepEqual(
      [changed.title, changed.modelConfig, changed.approvalMode, changed.budgetUsd],
      ['Named', { provider: 'red', model: 'red-1' }, 'auto', 2.5],
    );
    assert.equal((await json(server.send('PATCH', path, { budgetUsd: null }))).budgetUsd, null);
    assert.deepEqual(await json(server.send('POST', `${path}/cancel`)), { cancelled: false });
    await json(server.send('DELETE', path));
    await json(server.send('GET', path), 404);
    const usage = await json<{ groups: Json[] }>(server.send('GET', '/api/usage?groupBy=provider'));
    assert.deepEqual(
      usage.groups.map(({ key, requests }) => [key, requests]),
      [['blue', 1]],
    );
  }));

test('a run is stopped by cancel, and a second run on the thread is refused meanwhile', () =>
  withServer({ script: () => ({ text: 'Thinking', hang: true }) }, async (server) => {
    const leave = new AbortController();
    const body = JSON.stringify({ message: 'Think.' });
    const { headers } = server;
    await fetch(`${server.origin}/api/agent`, {
      method: 'POST',
      headers: { ...headers, accept: 'text/event-stream' },
      body,
      signal: leave.signal,
    });
    leave.abort();
    const [thread] = (await json<{ threads: Json[] }>(server.send('GET', '/api/threads'))).threads;
    const threadId = String(thread?.id);
    const second = await json(server.send('POST', '/api/agent', { message: 'And?', threadId }), 409);
    assert.equal(second.code, 'run_active');
    assert.deepEqual(await json(server.send('POST', `/api/threads/${threadId}/cancel`, {})), {
      cancelled: true,
    });
    const [after] = (await json<{ threads: Json[] }>(server.send('GET', '/api/threads'))).threads;
    assert.equal(after?.runStatus, 'cancelled');
  }));

test('the same request again is the same answer and runs nothing; another body under its key is refused', () =>
  withServer({ script: inOrder({ text: 'First.' }, { text: 'Second.' }) }, async (server) => {
    const key = { 'idempotency-key': 'key-1' };
    const first = await json(server.send('POST', '/api/agent', { message: 'Once.' }, key));
    const repeats = await Promise.all(
      Array.from({ length: 10 }, () => json(server.send('POST', '/api/agent', { message: 'Once.' }, key))),
    );
    for (const repeat of repeats) assert.deepEqual(repeat, first);
    const other = await json(server.send('POST', '/api/agent', { message: 'Twice.' }, key), 422);
    assert.equal(other.code, 'idempotency_conflict');
    const byId = { message: 'By id.', clientMessageId: 'client-1' };
    const [one, two] = await Promise.all([1, 2].map(() => json(server.send('POST', '/api/agent', byId))));
    assert.deepEqual(one, two);
    assert.equal(server.gateway.requests.length, 2);
    assert.equal((await server.agent.listThreads('owner')).length, 2);
  }));

test('a failed run is answered with its typed error, and the thread goes on', async () => {
  const { CrosspointError } = await import('#protocol/errors.ts');
  const fail = new CrosspointError('provider_overloaded', { provider: 'Red', tries: '4 tries' });
  await withServer({ script: inOrder({ text: 'Half', fail }, { text: 'Whole.' }) }, async (server) => {
    const failed = await json(server.send('POST', '/api/agent', { message: 'Go.' }), 502);
    assert.deepEqual(failed, { error: fail.message, code: 'provider_overloaded' });
    const [thread] = await server.agent.listThreads('owner');
    const next = await json(server.send('POST', '/api/agent', { message: 'Again.', threadId: thread?.id }));
    assert.equal(next.response, 'Whole.');
  });
});

test('models, usage, config and health answer in their forms, HEAD without a body, and no secret is in any', () =>
  withServer({}, async (server) => {
    assert.deepEqual(await json(server.send('GET', '/api/models')), { models: [], presets: ['red', 'blue'] });
    const set = await json(server.send('POST', '/api/models', { modelName: 'blue' }));
    assert.deepEqual(set, { success: true, modelConfig: { provider: 'blue', model: 'blue-1' } });
    const custom = await json(server.send('POST', '/api/models', { provider: 'red', customModel: 'x/y' }));
    assert.deepEqual(custom, { success: true, modelConfig: { provider: 'red', model: 'x/y' } });
    for (const groupBy of ['model', 'provider', 'thread', 'day'])
      assert.deepEqual(await json(server.send('GET', `/api/usage?groupBy=${groupBy}`)), {
        groupBy,
        groups: [],
      });
    const config = await json(server.send('GET', '/api/config'));
    assert.deepEqual(config, {
      version: '1.2.3',
      providers: [],
      defaultModel: { provider: 'red', model: 'red-1' },
      helicone: null,
      sandbox: { provider: 'local', ready: true },
      store: 'sqlite',
      webSearch: false,
      codeSearch: { store: 'embedded', embeddingModel: null },
      fastApply: false,
      demoTask: 'Do the demo.',
    });
    for (const path of ['/healthz', '/api/models', '/api/config', '/api/threads', '/api/usage']) {
      const [get, head] = [await server.send('GET', path), await server.send('HEAD', path)];
      assert.equal(head.status, 200);
      assert.equal(await head.text(), '');
      assert.equal(head.headers.get('content-length'), String((await get.text()).length));
    }
  }));

test('the build of the page has no code on the server, so that no address escapes the table', () => {
  const code = ['+server', '+page.server', '+layout.server'].flatMap((name) =>
    globSync(`src/routes/**/${name}.{ts,js}`),
  );
  assert.deepEqual(code, []);
  for (const hooks of ['src/hooks.server.ts', 'src/hooks.ts', 'src/hooks.server.js'])
    assert.ok(!existsSync(hooks), hooks);
  assert.deepEqual(globSync('src/**/*.remote.{ts,js}'), []);
});

async function openOf({ store, workspaces }: TestServer, threadId: string): Promise<Sandbox> {
  const thread = await store.threads.get('owner', threadId);
  assert.ok(thread);
  return workspaces.open(thread);
}
