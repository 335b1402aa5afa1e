import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Approval } from '#protocol/review.ts';
import { createAgent } from '#server/agent/create-agent.ts';
import { DirectorySandboxes } from '#server/agent/testing/directory-sandbox.ts';
import type { RunAnswer } from '#server/agent/types.ts';
import { createGateway } from '#server/gateway/gateway.ts';
import { NodeSqliteSaver } from '#server/store/checkpoint-saver.ts';
import { openStore } from '#server/store/open-store.ts';
import { createEventLog } from '#server/stream/log.ts';
import { testWorkspaces } from '#server/workspace/testing/workspaces.ts';
import { managerFor } from '../../testing/manager.ts';
import { demoUpstream } from './upstream.ts';
import { demoProject, demoTask, faulty, mended, sourcePath } from './project.ts';

const user = 'user-1';
const chat = 'demo/scripted-chat';
const messages = 'demo/scripted-messages';

/** The real agent, gateway, wires and tools; only the isolation of the sandbox is missing, and the pauses for the eye. */
async function openDemo(pauseMs: number) {
  // The sample project's test runner would run nothing if it knew that it is inside another one.
  delete process.env.NODE_TEST_CONTEXT;
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-demo-'));
  const store = await openStore(dataDir);
  const models = await managerFor({}, { settings: store.settings });
  const connection = models.connections().get('demo');
  assert.ok(connection);
  const gateway = createGateway({
    connections: new Map([['demo', { ...connection, embedded: demoUpstream(pauseMs) }]]),
    helicone: {
      key: null,
      mode: 'proxy',
      urls: { openai: '', anthropic: '', groq: '', openrouter: '', gateway: '' },
      bypass: true,
    },
    ledger: store.ledger,
    deadlineScale: 1,
  });
  const sandboxes = new DirectorySandboxes(join(dataDir, 'workspaces'));
  const checkpointer = new NodeSqliteSaver(join(dataDir, 'checkpoints.db'));
  const log = createEventLog(store);
  const workspaces = testWorkspaces({ store, log, dataDir }, sandboxes);
  const agent = createAgent({ store, log, gateway, models, workspaces, checkpointer, seed: { demoProject } });
  const file = (threadId: string) => join(sandboxes.root, threadId, sourcePath);
  return {
    store,
    agent,
    async say(message: string, modelName: string, threadId?: string) {
      const { runId } = await agent.start(user, { message, modelName, ...(threadId ? { threadId } : {}) });
      return agent.answer(user, runId);
    },
    async decide(threadId: string, approval: Approval, newModelName?: string) {
      const command = { threadId, approval, ...(newModelName ? { newModelName } : {}) };
      const { runId } = await agent.decide(user, command);
      return agent.answer(user, runId);
    },
    async spoke(threadId: string): Promise<boolean> {
      const events = await store.events.list(threadId, 0, 1_000);
      return events.some(({ type }) => type === 'message.delta');
    },
    source: (threadId: string) => readFileSync(file(threadId), 'utf8'),
    rewrite: (threadId: string, text: string) => writeFileSync(file(threadId), text),
    removeTests: (threadId: string) => rmSync(join(sandboxes.root, threadId, 'test'), { recursive: true }),
    async close() {
      await agent.close();
      await workspaces.close();
      await gateway.close();
      models.close();
      checkpointer.close();
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type Demo = Awaited<ReturnType<typeof openDemo>>;

async function withDemo(work: (demo: Demo) => Promise<void>, pauseMs = 0): Promise<void> {
  const demo = await openDemo(pauseMs);
  try {
    await work(demo);
  } finally {
    await demo.close();
  }
}

function reviewed(answer: RunAnswer): string[] {
  assert.ok('interrupt' in answer, `no review, but: ${JSON.stringify(answer)}`);
  return answer.data.toolCalls.map(({ name }) => name);
}

function response(answer: RunAnswer): string {
  assert.ok(!('interrupt' in answer), 'a review was not expected');
  return answer.response;
}

const approve: Approval = { action: 'approved' };

for (const model of [chat, messages])
  test(`${model} goes from message to passing test with exactly two reviews, and costs a known 0`, () =>
    withDemo(async (demo) => {
      const edit = await demo.say(demoTask, model);
      assert.deepEqual(reviewed(edit), ['edit_file']);
      assert.ok('interrupt' in edit);
      assert.equal(edit.data.toolCalls[0]?.diff?.path, sourcePath);
      const run = await demo.decide(edit.threadId, approve);
      assert.deepEqual(reviewed(run), ['run_terminal_command']);
      const done = await demo.decide(edit.threadId, approve);
      assert.match(response(done), /^Done: .*all tests pass/);
      assert.ok(demo.source(edit.threadId).includes(mended));
      const rows = await demo.store.ledger.list(user, { threadId: edit.threadId });
      assert.equal(rows.length, 5);
      for (const row of rows) {
        assert.deepEqual([row.status, row.costUsd, row.estimated], ['settled', 0, false]);
        assert.ok(row.inputTokens > 0 && row.outputTokens > 0);
      }
    }));

for (const [from, to] of [
  [chat, messages],
  [messages, chat],
] as const)
  test(`${to} takes over from ${from} at a review, at the next one, and in the next turn`, () =>
    withDemo(async (demo) => {
      const edit = await demo.say(demoTask, from);
      const { threadId } = edit;
      const again = await demo.decide(threadId, { action: 'change_model' }, to);
      assert.deepEqual(reviewed(again), ['edit_file']);
      assert.ok(demo.source(threadId).includes(faulty), 'a change of model runs nothing');
      const run = await demo.decide(threadId, approve, from);
      assert.deepEqual(reviewed(run), ['run_terminal_command']);
      const done = await demo.decide(threadId, approve, to);
      assert.match(response(done), /^Done: /);
      const view = await demo.agent.getThread(user, threadId);
      const spoken = view.messages.flatMap(({ parts }) => parts).filter(({ type }) => type === 'text');
      assert.ok(spoken.some((part) => part.type === 'text' && part.text.startsWith('I take over')));
      const next = await demo.say(demoTask, from, threadId);
      assert.deepEqual(reviewed(next), ['run_terminal_command'], 'nothing is left to edit');
      assert.match(
        response(await demo.decide(threadId, approve, to)),
        /All tests pass.*Nothing had to be changed/,
      );
    }));

test('the messages model thinks, and its thinking is kept for its issuer, which refuses the next step without it', () =>
  withDemo(async (demo) => {
    const edit = await demo.say(demoTask, messages);
    const { messages: rows } = await demo.agent.getThread(user, edit.threadId);
    const thoughts = rows.flatMap(({ parts }) => parts).filter(({ type }) => type === 'reasoning');
    assert.equal(thoughts.length, 3);
    const stored = await demo.store.messages.list(edit.threadId);
    const reasoning = stored.flatMap(({ parts }) => parts).find(({ type }) => type === 'reasoning');
    assert.ok(reasoning?.type === 'reasoning');
    assert.deepEqual(
      [reasoning.capsule?.provider, reasoning.capsule?.wire, reasoning.capsule?.model],
      ['demo', 'anthropic-messages', 'scripted-messages'],
    );
  }));

test('a rejected edit is a decision: nothing changes, the reason is heard, and "go on" proposes it again', () =>
  withDemo(async (demo) => {
    const { threadId } = await demo.say(demoTask, chat);
    const stopped = response(await demo.decide(threadId, { action: 'rejected', reason: 'not today' }));
    assert.match(stopped, /You rejected this step\. Your reason: “not today” The edit was not made/);
    assert.ok(demo.source(threadId).includes(faulty));
    assert.deepEqual(reviewed(await demo.say('go on', messages, threadId)), ['edit_file']);
  }));

test('words in place of a decision are acknowledged, and nothing runs', () =>
  withDemo(async (demo) => {
    const { threadId } = await demo.say(demoTask, messages);
    const heard = response(await demo.decide(threadId, { action: 'edit', edits: 'use a constant' }));
    assert.match(heard, /You said: “use a constant”.*did not run.*I am a script/);
    assert.ok(demo.source(threadId).includes(faulty));
  }));

test('an edit that a person changed for the worse fails the test; the script reads, mends and runs again', () =>
  withDemo(async (demo) => {
    const edit = await demo.say(demoTask, chat);
    assert.ok('interrupt' in edit);
    const { threadId } = edit;
    const proposed = edit.data.toolCalls[0];
    assert.ok(proposed);
    const args = { path: sourcePath, edits: [{ oldText: 'price * 0.9', newText: 'price * 0.90' }] };
    const changed: Approval = {
      decisions: [{ toolCallId: proposed.id, hash: proposed.hash, action: 'edit', args }],
    };
    assert.deepEqual(reviewed(await demo.decide(threadId, changed)), ['run_terminal_command']);
    const again = await demo.decide(threadId, approve);
    assert.deepEqual(reviewed(again), ['edit_file']);
    const { messages: rows } = await demo.agent.getThread(user, threadId);
    const texts = rows
      .flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')))
      .join('\n');
    assert.match(texts, /The test run failed: ✖ ten pieces are a tenth cheaper/);
    assert.deepEqual(reviewed(await demo.decide(threadId, approve)), ['run_terminal_command']);
    assert.match(response(await demo.decide(threadId, approve)), /^Done: /);
  }));

test('a source it does not know, and a workspace that is not the sample project, are left alone', () =>
  withDemo(async (demo) => {
    const { threadId } = await demo.say('hello', chat);
    demo.rewrite(threadId, 'export const total = () => 1;\n');
    assert.match(response(await demo.say(demoTask, chat, threadId)), /does not know, so I leave it alone/);
    demo.removeTests(threadId);
    assert.match(response(await demo.say(demoTask, messages, threadId)), /is not in this workspace/);
  }));

test('a person stops it in the middle of a sentence, and "go on" with the other model goes on', () =>
  withDemo(async (demo) => {
    const { threadId, runId } = await demo.agent.start(user, { message: demoTask, modelName: chat });
    while (!(await demo.spoke(threadId))) await sleep(5);
    assert.deepEqual(await demo.agent.cancel(user, threadId), { cancelled: true });
    await demo.agent.answer(user, runId);
    const { messages: rows } = await demo.agent.getThread(user, threadId);
    assert.equal(rows.at(-1)?.status, 'partial');
    assert.deepEqual(reviewed(await demo.say('go on', messages, threadId)), ['edit_file']);
  }, 50));
