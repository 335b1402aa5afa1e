import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createE2bSandboxes } from '#server/sandbox/e2b/e2b-sandboxes.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import type { Script } from './testing/scripted-gateway.ts';
import { inOrder, openWorkbench, user, type Workbench } from './testing/workbench.ts';

const write = (path: string, content: string) => ({ name: 'write_file', args: { path, content } });
const read = (path: string) => ({ name: 'read_file', args: { path } });

/** E2B's own SDK against its contract on loopback, behind the real agent. */
describe('a thread whose sandbox is lost', { skip: cannotStartMachines() }, () => {
  let service: E2bService;
  before(async () => {
    service = await E2bService.start();
  });
  after(async () => {
    await service.close();
    assert.deepEqual(service.unknown, []);
  });

  async function withAgent(script: Script, use: (bench: Workbench) => Promise<void>): Promise<void> {
    const sandboxes = createE2bSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.url, sandboxUrl: service.url, domain: null },
      ...{ template: 'base', idleMs: 900_000, internet: false, installId: 'mine' },
    });
    const bench = await openWorkbench(script, { sandboxes });
    try {
      await use(bench);
    } finally {
      await bench.close();
    }
  }

  async function sandboxOf({ store, workspaces }: Workbench, threadId: string): Promise<Sandbox> {
    const thread = await store.threads.get(user, threadId);
    assert.ok(thread);
    return workspaces.open(thread);
  }

  /** As when E2B ends it and nobody has noticed: the next who opens it asks. */
  async function lose(bench: Workbench, threadId: string): Promise<void> {
    await service.kill((await sandboxOf(bench, threadId)).ref);
    const thread = await bench.store.threads.get(user, threadId);
    assert.ok(thread);
    bench.workspaces.doubt(thread);
  }

  const texts = async (bench: Workbench, threadId: string) =>
    (await bench.results(threadId)).map(({ status, text }) => `${status}: ${text}`);

  test('an approval that waited for the lost files is void and says so, and the next turn works', () =>
    withAgent(
      inOrder(
        { calls: [write('kept.txt', 'one\n')] },
        { text: 'Written.' },
        { calls: [write('kept.txt', 'two\n')] },
        { text: 'It was not run.' },
        { calls: [write('kept.txt', 'three\n')] },
        { text: 'Done.' },
      ),
      async (bench) => {
        const { threadId } = await bench.run({ message: 'Write.', approvalMode: 'auto' });
        await bench.run({ threadId, message: 'Again.', approvalMode: 'ask' });
        await lose(bench, threadId);
        const { runId } = await bench.agent.decide(user, { threadId, approval: { action: 'approved' } });
        await bench.agent.answer(user, runId);
        const [, voided = ''] = await texts(bench, threadId);
        assert.match(voided, /^not_run: Not run: the sandbox was lost .*saved at 20/);
        const file = async () =>
          Buffer.from(await (await sandboxOf(bench, threadId)).files.read('kept.txt')).toString();
        assert.equal(await file(), 'one\n');
        await bench.run({ threadId, message: 'Once more.', approvalMode: 'auto' });
        assert.equal(await file(), 'three\n');
        const types = await bench.types(threadId);
        assert.equal(types.filter((type) => type === 'sandbox.restored').length, 1);
        assert.equal(types.filter((type) => type === 'tool.started').length, 2);
      },
    ));

  test('a model that reads on in a replaced sandbox is told once that it was replaced', () =>
    withAgent(
      inOrder(
        { calls: [write('kept.txt', 'one\n')] },
        { text: 'Written.' },
        { calls: [read('kept.txt')] },
        { calls: [read('kept.txt')] },
        { text: 'Read.' },
      ),
      async (bench) => {
        const { threadId } = await bench.run({ message: 'Write.', approvalMode: 'auto' });
        await lose(bench, threadId);
        await bench.run({ threadId, message: 'Read.' });
        const [, first = '', second = ''] = await texts(bench, threadId);
        assert.match(first, /^ok: \[The sandbox was lost meanwhile\..*one/s);
        assert.doesNotMatch(second, /lost/);
      },
    ));

  test('what a call changed is told with its result, and kept outside before the result is written', () =>
    withAgent(inOrder({ calls: [write('a.txt', 'one\n')] }, { text: 'Done.' }), async (bench) => {
      const { threadId } = await bench.run({ message: 'Write.', approvalMode: 'auto' });
      const events = await bench.events(threadId);
      const changed = events.find(({ type }) => type === 'workspace.changed');
      const finished = events.find(({ type }) => type === 'tool.finished');
      assert.ok(changed?.type === 'workspace.changed' && finished);
      assert.ok(changed.id < finished.id);
      assert.deepEqual(changed.data.files, [
        { path: 'a.txt', status: 'added', additions: 1, deletions: 0, binary: false, size: 4 },
      ]);
      const [call] = (await bench.agent.getThread(user, threadId)).toolCalls;
      assert.deepEqual([call?.files, call?.undone], [changed.data.files, false]);
      assert.ok(await bench.workspaces.history.snapshot(threadId));
    }));
});
