import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Part } from '#protocol/message.ts';
import type { ThreadSummary, ThreadView } from '#protocol/thread.ts';
import { startProviders, type Providers } from '#tests/upstreams/index.ts';
import { matrixTargets, ownProvider } from './matrix/matrix-targets.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { dumpRecord } from './support/dump-record.ts';
import { recordedSession } from './support/recorded-session.ts';

let providers: Providers;
let crosspoint: Crosspoint;
const folder = mkdtempSync(join(tmpdir(), 'crosspoint-import-'));
let files = 0;

before(async () => {
  providers = await startProviders({
    chunking: 'whole',
    script: ({ step, tools, model }) =>
      step === 0 && tools.length
        ? { reasoning: 'Hm.', text: 'I look.', calls: [{ name: 'list_files', args: {} }] }
        : { reasoning: 'Enough.', text: `${model} goes on.` },
  });
  const env = { ...providers.env(), ...ownProvider(providers.compatible.baseUrl, providers.gemini) };
  crosspoint = await Crosspoint.start(env);
});
after(async () => {
  await crosspoint.remove();
  await providers.close();
  rmSync(folder, { recursive: true });
});

function fileOf(content: string | Buffer | readonly string[]): string {
  const path = join(folder, `${files++}.jsonl`);
  writeFileSync(path, Array.isArray(content) ? `${content.join('\n')}\n` : (content as string | Buffer));
  return path;
}

interface Told {
  threadId: string;
  stdout: string;
}

async function importFile(path: string): Promise<Told> {
  const { stdout } = await crosspoint.command('import', path);
  const threadId = /\/t\/(thread_\w+)/.exec(stdout)?.[1];
  assert.ok(threadId, stdout);
  return { threadId, stdout };
}

/** What it says when it takes nothing. */
async function refusal(path: string): Promise<string> {
  const failed = await crosspoint
    .command('import', path)
    .catch((cause: { code: number; stderr: string }) => cause);
  assert.ok('code' in failed, 'it was taken');
  assert.equal(failed.code, 1);
  return failed.stderr.trim();
}

function partsOf({ messages }: ThreadView): object[] {
  return messages.map(({ role, parts, provider, model, wire, status }) => ({
    ...{ role, parts, provider, model, wire, status },
  }));
}

const ofType = <Type extends Part['type']>({ messages }: ThreadView, type: Type) =>
  messages.flatMap(({ parts }) => parts.filter((part): part is Part & { type: Type } => part.type === type));

test('3,000 messages of another tool: signed thinking, equal ids, lost and late results; every model goes on, and every request is taken', async () => {
  const lines = recordedSession(3_000);
  const { threadId, stdout } = await importFile(fileOf(lines));
  assert.match(
    stdout,
    /3000 messages, 1000 tool calls, 200 of them without a result, 400 results without a call\./,
  );
  const imported = await crosspoint.thread(threadId);
  assert.equal(imported.messages.length, 3_000);
  assert.equal(imported.runStatus, null);
  for (const target of matrixTargets) {
    const answer = await crosspoint.say({
      threadId,
      message: `Go on, ${target.name}.`,
      modelConfig: target.config,
      approvalMode: 'auto',
    });
    assert.ok('response' in answer);
    assert.match(answer.response, /goes on\.$/);
  }
  assert.deepEqual(
    providers.refusals.map(({ provider, refusal }) => [provider, refusal]),
    [],
  );
  assert.deepEqual(providers.mistakes, []);
  const { messages } = await crosspoint.thread(threadId);
  assert.deepEqual(messages.slice(0, 3_000), imported.messages, 'going on changes nothing that was imported');
  const last = providers.requests.findLast(({ body }) => body.model === 'claude-sonnet-4-6');
  assert.equal(last?.bodyText.match(/"signature":/g)?.length, 401, 'its own signed thinking goes back');
  for (let at = 0; at < 200; at++)
    for (const text of [`content ${at}`, `nought ${at}`, `one ${at}`, `late ${at}`])
      assert.ok(last.bodyText.includes(`"${text}"`), `the result "${text}" is lost`);
});

test('a call of an imported thread is over: each shows in the page with its own result, and none can run', async () => {
  const { threadId } = await importFile(fileOf(recordedSession(60)));
  const view = await crosspoint.thread(threadId);
  const calls = ofType(view, 'tool-call');
  assert.equal(new Set(calls.map(({ toolCallId }) => toolCallId)).size, 20, 'an id is one call');
  assert.deepEqual(
    view.toolCalls.map(({ toolCallId }) => toolCallId).sort(),
    calls.map(({ toolCallId }) => toolCallId).sort(),
  );
  const results = new Map(ofType(view, 'tool-result').map((part) => [part.toolCallId, part.text]));
  for (const { state, status, decision, args, toolCallId } of view.toolCalls) {
    assert.equal(state, 'finished');
    assert.equal(decision, undefined, 'nobody approved it here');
    if (args === 'not JSON') assert.match(results.get(toolCallId) ?? '', /^one /);
    if (args === '{"path":"first"}') assert.match(results.get(toolCallId) ?? '', /^nought /);
    if (args.startsWith('{"deep"')) assert.equal(status, 'interrupted');
  }
  assert.equal(view.pendingReview, null);
  const decided = await crosspoint.request('PUT', '/api/agent', {
    threadId,
    approval: { action: 'approved' },
  });
  assert.equal(decided.status, 409);
  const stored = ofType(view, 'tool-call').find(({ args }) => args.includes('limit'));
  assert.equal(stored?.args, '{"limit":5,"path":"a0"}', 'an object becomes its text');
});

test('what is imported is exported, and imported again it is equal, also when the file has no last line end', async () => {
  const head = {
    type: 'thread',
    title: 'Recorded',
    model: 'anthropic/claude-sonnet-4-6',
    createdAt: '2026-01-31T12:00:00.000Z',
  };
  const image = { type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' };
  const note = { type: 'file', name: 'a.txt', mediaType: 'text/plain', data: 'YQ==' };
  const seen = { role: 'user', parts: [image, note, { type: 'text', text: 'x'.repeat(2_000) }] };
  const lines = [JSON.stringify(head), ...recordedSession(300), JSON.stringify(seen)];
  const { threadId, stdout } = await importFile(fileOf(lines.join('\n')));
  assert.match(stdout, /^Imported "Recorded"/);
  assert.match(stdout, /^It goes on with anthropic\/claude-sonnet-4-6\.$/m);
  const path = join(folder, 'exported.jsonl');
  await crosspoint.command('export', threadId, path);
  const { stdout: printed } = await crosspoint.command('export', threadId);
  assert.equal(printed, readFileSync(path, 'utf8'));
  assert.equal(JSON.stringify(JSON.parse(printed.split('\n', 1)[0] ?? '')), JSON.stringify(head));
  const again = await importFile(path);
  assert.notEqual(again.threadId, threadId, 'ids of a file are never taken');
  const [first, second] = [await crosspoint.thread(threadId), await crosspoint.thread(again.threadId)];
  assert.deepEqual(partsOf(second), partsOf(first));
  assert.equal(second.createdAt, head.createdAt);
  const failed = await crosspoint
    .command('export', threadId, path)
    .catch((cause: { stderr: string }) => cause);
  assert.ok(
    'stderr' in failed && /cannot be written/.test(String(failed.stderr)),
    'a file is never replaced',
  );
});

test('a thread of our own is exported and comes back with the same parts', async () => {
  const modelConfig = { provider: 'openai', model: 'gpt-5.4', reasoningEffort: 'medium' };
  const answer = await crosspoint.say({ message: 'Begin.', modelConfig, approvalMode: 'auto' });
  const path = join(folder, 'own.jsonl');
  await crosspoint.command('export', answer.threadId, path);
  const again = await importFile(path);
  const own = await crosspoint.thread(answer.threadId);
  assert.deepEqual(partsOf(await crosspoint.thread(again.threadId)), partsOf(own));
});

test('Windows line ends, a byte order mark, blank lines, half an emoji and a model that is not configured are taken', async () => {
  const lines = [
    '\ufeff{"type":"thread","title":"t","model":"mistral/none"}',
    '',
    '   ',
    JSON.stringify({
      role: 'user',
      parts: [{ type: 'text', text: 'half \ud83d\u0000' }],
      seq: 9,
      id: 'm',
      unknown: 1,
    }),
    JSON.stringify({
      role: 'assistant',
      parts: [{ type: 'tool-call', name: 'a\ud83d\u0000', toolCallId: '\ud83d' }],
    }),
  ];
  const { threadId, stdout } = await importFile(fileOf(`${lines.join('\r\n')}\r\n\r\n`));
  assert.match(stdout, /mistral\/none, which the file names, cannot be used here: it goes on with \w+\//);
  const { messages } = await crosspoint.thread(threadId);
  assert.deepEqual(messages[0]?.parts, [{ type: 'text', text: 'half \ud83d\u0000' }]);
  await crosspoint.say({ threadId, message: 'Go on.', approvalMode: 'auto' });
});

const good = '{"role":"user","parts":[{"type":"text","text":"good"}]}';
const assistantOf = (part: string) => `{"role":"assistant","parts":[${part}]}`;
const capsule = '"capsule":{"provider":"anthropic","wire":"anthropic-messages","model":"m","data":';
const bad: [what: string, content: string | Buffer | string[], told: RegExp][] = [
  [
    'a part of an unknown type',
    [good, '', assistantOf('{"type":"server_tool_use"}')],
    /^Line 3: "parts\.0\.type": "server_tool_use" is no part of an assistant message\. Use one of: text, reasoning, tool-call\.$/,
  ],
  [
    'a part that another role has',
    [good, '{"role":"user","parts":[{"type":"tool-result"}]}'],
    /^Line 2: .*Use one of: text, image, file\.$/,
  ],
  [
    'an unknown role',
    [good, '{"role":"system","parts":[]}'],
    /^Line 2: "role": "system" is no role\. Use one of: user, assistant, tool\.$/,
  ],
  ['no JSON', [good, good, 'hello'], /^Line 3: it is not JSON/],
  ['a cut line', [good, good.slice(0, -5)], /^Line 2: it is not JSON/],
  ['a list', ['[]'], /^Line 1: it must be one JSON object/],
  [
    'words that are none',
    [good, '{"role":"user","parts":[{"type":"text","text":5}]}'],
    /^Line 2: "parts\.0\.text": must be text\.$/,
  ],
  ['parts that are words', [good, '{"role":"user","parts":"hello"}'], /^Line 2: "parts": must be a list\.$/],
  ['a second header', [good, '{"type":"thread"}'], /^Line 2: only the first line may describe the thread/],
  [
    'an image that is no base64',
    ['{"role":"user","parts":[{"type":"image","mediaType":"image/png","data":"<svg>"}]}'],
    /^Line 1: "parts\.0\.data": must be base64/,
  ],
  [
    'a seal that its wire never gives',
    [good, assistantOf(`{"type":"reasoning",${capsule}"null"}}`)],
    /^Line 2: "parts\.0\.capsule": has "data"/,
  ],
  [
    'arguments without end',
    [good, assistantOf(`{"type":"tool-call","name":"a","args":${'['.repeat(9_000)}${']'.repeat(9_000)}}`)],
    /^Line 2: "parts\.0\.args": is nested deeper/,
  ],
  [
    'a time that is none',
    ['{"role":"user","parts":[],"createdAt":"soon"}'],
    /^Line 1: "createdAt": must be a time/,
  ],
  ['nothing', '\n\n', /has no message in it\.$/],
  [
    'bytes',
    Buffer.from(Array.from({ length: 999 }, (_none, at) => (at * 151) % 256)),
    /^Line 1: it is not UTF-8 text\.$/,
  ],
  ['one endless line', Buffer.alloc(65 * 1024 ** 2, 0x61), /^Line 1: it is longer than 64 MB\.$/],
];

test('a bad file is refused with its line and what would be right, and leaves the record as it was', async () => {
  const before = dumpRecord(crosspoint.dataDir);
  for (const [what, content, told] of bad) assert.match(await refusal(fileOf(content)), told, what);
  assert.match(await refusal(join(folder, 'none.jsonl')), /cannot be read/);
  assert.deepEqual(dumpRecord(crosspoint.dataDir), before);
});

/** Resolves as soon as another process writes: its transaction has begun. */
async function writing(dataDir: string): Promise<void> {
  const database = new DatabaseSync(join(dataDir, 'crosspoint.db'), { timeout: 0 });
  try {
    for (;;) {
      database.exec('begin immediate');
      database.exec('rollback');
      await sleep(5);
    }
  } catch (cause) {
    assert.equal((cause as { errcode?: number }).errcode, 5, String(cause));
  } finally {
    database.close();
  }
}

test('kill -9 in the middle of an import leaves nothing, and the running server goes on', async () => {
  const path = fileOf(recordedSession(60_000));
  const before = dumpRecord(crosspoint.dataDir);
  for (const laterMs of [0, 150, 400]) {
    const env = { PATH: process.env.PATH, CROSSPOINT_DATA_DIR: crosspoint.dataDir };
    const child = execFile(process.execPath, ['scripts/start.js', 'import', path], { env });
    const exited = once(child, 'exit');
    await writing(crosspoint.dataDir);
    await sleep(laterMs);
    child.kill('SIGKILL');
    const [, signal] = (await exited) as [number, string];
    assert.equal(signal, 'SIGKILL', 'it was still at work');
    assert.deepEqual(dumpRecord(crosspoint.dataDir), before);
  }
  const { threads } = await crosspoint.api<{ threads: ThreadSummary[] }>('GET', '/api/threads');
  assert.ok(threads.length > 0);
});
