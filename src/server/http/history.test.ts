import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ThreadView } from '#protocol/thread.ts';
import type {
  FileChange,
  FileVersionsAnswer,
  ProviderView,
  RewindAnswer,
  RewindPlan,
  RewindResult,
  SandboxView,
} from '#protocol/workspace.ts';
import { inOrder } from '#server/agent/testing/workbench.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { openTestServer, type TestServer } from './testing/test-server.ts';

const lines = (count: number) => Array.from({ length: count }, (_none, at) => `line ${at}\n`).join('');
const write = (path: string, content: string) => ({
  calls: [{ name: 'write_file', args: { path, content } }],
});

/** Everything here runs in a real pod, behind the real server; only the model is a script. */
describe('the history of a workspace over HTTP', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let server: TestServer;
  let threadId: string;
  let at: string;
  before(async () => {
    fixture = await localFixture();
    const changed = lines(30).replace('line 3', 'three').replace('line 20', 'twenty');
    const script = inOrder(
      write('a.txt', lines(30)),
      { text: 'Written.' },
      write('a.txt', changed),
      write('b.txt', 'b\n'),
      { text: 'Changed.' },
      write('c.txt', 'c\n'),
    );
    server = await openTestServer({ sandboxes: fixture.provider, script });
  });
  after(async () => {
    await server.close();
    await fixture[Symbol.asyncDispose]();
  });

  async function json<Body>(answer: Promise<Response>, status = 200): Promise<Body> {
    const response = await answer;
    const body = (await response.json()) as Body;
    assert.equal(response.status, status, JSON.stringify(body));
    return body;
  }
  const get = <Body>(path: string) => json<Body>(server.send('GET', at + path));
  const post = <Body>(path: string, body: unknown, status = 200) =>
    json<Body>(server.send('POST', at + path, body), status);
  const content = async (path: string) =>
    (await get<{ content: string }>(`/files/content?path=${path}`)).content;
  const thread = () => get<ThreadView>('');
  /** The call that changed what another had written. */
  const change = async () =>
    (await thread()).toolCalls.find(({ files }) => files?.[0]?.status === 'modified');

  test('each call tells what it changed, and a turn and the whole thread tell what remains', async () => {
    const started = await json<{ threadId: string }>(
      server.send('POST', '/api/agent', { message: 'Write.', approvalMode: 'auto' }),
    );
    threadId = started.threadId;
    at = `/api/threads/${threadId}`;
    await json(server.send('POST', '/api/agent', { threadId, message: 'Change.' }));
    const { toolCalls, messages } = await thread();
    const told = toolCalls.map(({ files = [] }) => files.map(({ path, status }) => `${status} ${path}`));
    assert.deepEqual(told.sort(), [['added a.txt'], ['added b.txt'], ['modified a.txt']]);
    const shown = async (scope: string) =>
      (await get<{ files: FileChange[] }>(`/changes?scope=${scope}`)).files.map(
        ({ path, additions, deletions }) => `${path} +${additions} -${deletions}`,
      );
    assert.deepEqual(await shown('all'), ['a.txt +30 -0', 'b.txt +1 -0']);
    const runId = messages.at(-1)?.runId ?? '';
    assert.deepEqual(await shown(`turn:${runId}`), ['a.txt +2 -2', 'b.txt +1 -0']);
    assert.deepEqual(await shown(`step:${(await change())?.toolCallId}`), ['a.txt +2 -2']);
    await json(server.send('GET', `${at}/changes?scope=everything`), 400);
  });

  test('one part of a change is taken back, only over what was shown', async () => {
    const scope = `step:${(await change())?.toolCallId}`;
    const shown = await get<FileVersionsAnswer>(`/changes/file?scope=${scope}&path=a.txt`);
    assert.equal(shown.hunks.length, 2);
    assert.match(shown.after ?? '', /^three$/m);
    const stale = { scope, path: 'a.txt', hunk: 0, hash: '0'.repeat(64) };
    assert.equal((await post<{ code: string }>('/changes/revert', stale, 409)).code, 'file_changed');
    await post<RewindResult>('/changes/revert', { ...stale, hash: shown.hash });
    const text = await content('a.txt');
    assert.match(text, /^line 3$/m);
    assert.match(text, /^twenty$/m);
  });

  test('files go back to a message, as they were shown to, and come again', async () => {
    const [, second] = (await thread()).messages.filter(({ role }) => role === 'user');
    const target = { kind: 'message', messageId: second?.id };
    const plan = await post<RewindPlan>('/rewind/preview', { target });
    assert.deepEqual(
      plan.files.map(({ path, action, conflict }) => [path, action, conflict]),
      [
        ['a.txt', 'merge', false],
        ['b.txt', 'delete', false],
      ],
    );
    assert.equal((await post<{ code: string }>('/rewind', { target }, 400)).code, 'bad_request');
    const wrong = { target, planHash: 'other' };
    assert.equal((await post<{ code: string }>('/rewind', wrong, 409)).code, 'plan_changed');
    const { files } = await post<RewindAnswer>('/rewind', { target, planHash: plan.hash });
    assert.equal(await content('a.txt'), lines(30));
    await json(server.send('GET', `${at}/files/content?path=b.txt`), 404);
    const undone = (await thread()).toolCalls.map((each) => each.undone);
    assert.deepEqual(undone.sort(), [false, true, true]);
    const back = { kind: 'redo', rewindId: files?.rewindId };
    const { hash } = await post<RewindPlan>('/rewind/preview', { target: back });
    await post<RewindAnswer>('/rewind', { target: back, planHash: hash });
    assert.equal(await content('b.txt'), 'b\n');
    const { rewinds } = await get<{ rewinds: { kind: string; undone: boolean }[] }>('/rewinds');
    assert.deepEqual(
      rewinds.map(({ kind, undone }) => [kind, undone]),
      [
        ['redo', false],
        ['message', true],
        ['revert', false],
      ],
    );
    const notes = (await thread()).notes.filter(({ type }) => type === 'workspace.rewound');
    assert.equal(notes.length, 3);
  });

  test('files and conversation go back together, and nothing does while a review waits', async () => {
    const [, second] = (await thread()).messages.filter(({ role }) => role === 'user');
    const target = { kind: 'message', messageId: second?.id };
    const { hash } = await post<RewindPlan>('/rewind/preview', { target });
    const answer = await post<RewindAnswer>('/rewind', { target, planHash: hash, what: 'both' });
    assert.equal(answer.branchId, 1);
    assert.deepEqual((await thread()).messages.filter(({ role }) => role === 'user').length, 1);
    assert.equal(await content('a.txt'), lines(30));
    await json(server.send('POST', '/api/agent', { threadId, message: 'Ask.', approvalMode: 'ask' }));
    const [first] = (await thread()).messages;
    const earlier = { target: { kind: 'message', messageId: first?.id }, what: 'conversation' };
    assert.equal((await post<{ code: string }>('/rewind', earlier, 409)).code, 'review_pending');
    const step = { target: { kind: 'step', toolCallId: 'none' }, what: 'both' };
    assert.equal((await post<{ code: string }>('/rewind', step, 400)).code, 'bad_request');
  });

  test('where commands run is told, and nothing moves to where this server has no key', async () => {
    const { sandbox, providers } = await get<{ sandbox: SandboxView; providers: ProviderView[] }>('/sandbox');
    const { lastSnapshotAt, ...rest } = sandbox;
    assert.match(lastSnapshotAt ?? '', /^20/);
    assert.deepEqual(rest, { type: 'local', state: 'alive', generation: 1, network: [], boundFolder: null });
    assert.deepEqual(
      providers.map(({ type, configured, ok }) => [type, configured, ok]),
      [
        ['local', true, true],
        ['e2b', false, false],
        ['daytona', false, false],
      ],
    );
    assert.equal(
      (await post<{ code: string }>('/sandbox', { type: 'e2b' }, 503)).code,
      'sandbox_unavailable',
    );
    await post('/sandbox', { type: 'elsewhere' }, 400);
  });
});
