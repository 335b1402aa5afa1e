import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { ThreadEvent } from '#protocol/events.ts';
import { newThread } from '#server/agent/new-thread.ts';
import { createDaytonaSandboxes } from '#server/sandbox/daytona/daytona-sandboxes.ts';
import { createE2bSandboxes } from '#server/sandbox/e2b/e2b-sandboxes.ts';
import { localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox, SandboxProvider } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store, ThreadRow } from '#server/store/store.ts';
import { createEventLog } from '#server/stream/log.ts';
import type { EventLog } from '#server/stream/log.types.ts';
import { DaytonaService } from '#tests/support/daytona/service.ts';
import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { collectSandboxes } from './collect.ts';
import { testWorkspaces } from './testing/workspaces.ts';
import type { ThreadWorkspaces } from './workspaces.ts';

/** E2B's own SDK against its contract on loopback, and real pods. */
describe('the sandboxes of threads', { skip: cannotStartMachines() }, () => {
  let service: E2bService;
  let otherService: DaytonaService;
  let local: Awaited<ReturnType<typeof localFixture>>;
  let e2b: SandboxProvider;
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-workspaces-'));
  let store: Store;
  let log: EventLog;
  let workspaces: ThreadWorkspaces;
  let thread: ThreadRow;
  before(async () => {
    service = await E2bService.start();
    otherService = await DaytonaService.start();
    local = await localFixture();
    store = await openStore(dataDir);
    log = createEventLog(store);
  });
  after(async () => {
    await store.close();
    await local[Symbol.asyncDispose]();
    await service.close();
    await otherService.close();
    rmSync(dataDir, { recursive: true });
    assert.deepEqual([service.unknown, otherService.unknown], [[], []]);
  });
  beforeEach(async () => {
    restart();
    thread = newThread('owner', { provider: 'demo', model: 'm' }, 'e2b');
    await store.threads.create(thread);
  });
  afterEach(() => {
    service.faults.controlPlaneDown = false;
  });

  /** As after a crash of the process: nothing is known but the record. */
  function restart(): void {
    e2b = createE2bSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.url, sandboxUrl: service.url, domain: null },
      ...{ template: 'base', idleMs: 900_000, internet: false, installId: 'mine' },
    });
    const daytona = createDaytonaSandboxes({
      ...{ apiKey: otherService.apiKey, apiUrl: otherService.apiUrl, target: null, snapshot: null },
      ...{ idleMs: 900_000, internet: false, installId: 'mine' },
    });
    workspaces = testWorkspaces({ store, log, dataDir }, e2b, local.provider, daytona);
  }

  const text = async (sandbox: Sandbox, path: string) =>
    Buffer.from(await sandbox.files.read(path)).toString();
  const failsWith = (code: string) => (error: unknown) =>
    error instanceof CrosspointError && error.code === code;
  const events = async (type: ThreadEvent['type']) =>
    (await store.events.listOfTypes(thread.id, [type])).map(({ event }) => event.data as unknown);

  /** One call of the agent that changes files. */
  async function step(sandbox: Sandbox, toolCallId: string, command: string): Promise<void> {
    const about = { threadId: thread.id, toolCallId, runId: 'run' };
    await workspaces.history.begin(sandbox, { ...about, paths: null });
    const { exitCode, stderr } = await sandbox.exec(command);
    assert.equal(exitCode, 0, stderr);
    await workspaces.history.end(sandbox, about);
  }

  test('one that is gone is made again with its files, once for all who ask, and the thread says so', async () => {
    const first = await workspaces.open(thread);
    await step(first, 'one', 'echo hello > kept.txt; mkdir node_modules; echo x > node_modules/made-again');
    await service.kill(first.ref);
    restart();
    const made = service.created.length;
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => workspaces.open(thread)));
    assert.ok(one && two && three);
    assert.equal(service.created.length, made + 1);
    assert.deepEqual([two.ref, three.ref], [one.ref, one.ref]);
    assert.equal(await text(one, 'kept.txt'), 'hello\n');
    assert.equal(await one.files.stat('node_modules'), null);
    const [told, ...more] = (await events('sandbox.restored')) as { generation: number; lost: string[] }[];
    assert.deepEqual([told?.generation, more], [2, []]);
    assert.match(told?.lost.join(' ') ?? '', /node_modules/);
    assert.equal((await workspaces.view(thread)).generation, 2);
  });

  test('one that does not answer is never replaced, and is the same when it answers again', async () => {
    const first = await workspaces.open(thread);
    await step(first, 'one', 'echo hello > kept.txt');
    restart();
    service.faults.controlPlaneDown = true;
    const made = service.created.length;
    await assert.rejects(workspaces.open(thread), failsWith('sandbox_unreachable'));
    assert.equal((await workspaces.view(thread)).state, 'unreachable');
    service.faults.controlPlaneDown = false;
    const again = await workspaces.open(thread);
    assert.deepEqual([again.ref, service.created.length], [first.ref, made]);
    assert.deepEqual(await events('sandbox.restored'), []);
  });

  test('one of which nothing was saved is replaced by an empty one that says that it is empty', async () => {
    const first = await workspaces.open(thread);
    await service.kill(first.ref);
    restart();
    const next = await workspaces.open(thread);
    assert.deepEqual(await next.files.list('.'), []);
    const [told] = (await events('sandbox.restored')) as { snapshotAt: string | null; lost: string[] }[];
    assert.equal(told?.snapshotAt, null);
    assert.match(told?.lost[0] ?? '', /All files/);
  });

  test('a replacement that is cut off is brought to its end by the next who asks', async () => {
    const first = await workspaces.open(thread);
    await step(first, 'one', 'echo hello > kept.txt');
    await service.kill(first.ref);
    // As far as it got: the loss is written, a new sandbox is made, the process ends.
    const row = await store.workspaces.sandbox(thread.id);
    assert.ok(row);
    await store.workspaces.putSandbox({ ...row, ref: null, generation: 2 });
    const half = await e2b.open(thread.id);
    restart();
    const next = await workspaces.open(thread);
    assert.equal(next.ref, half.ref);
    assert.equal(await text(next, 'kept.txt'), 'hello\n');
    assert.equal((await events('sandbox.restored')).length, 1);
  });

  test('a thread moves to another provider and back with its files, and its steps can still be taken back', async () => {
    const there = await workspaces.open(thread);
    await step(
      there,
      'one',
      'printf "a\\r\\n" > crlf; echo 1 > "ü ber"; ln -s crlf link; echo 1 > run; chmod +x run',
    );
    await workspaces.move(thread, 'local');
    const here = await workspaces.open(thread);
    assert.equal(here.provider, 'local');
    const state = 'cat crlf "ü ber" link run; test -x run; test -L link; ls -A | sort';
    const before = await there.exec(state);
    assert.deepEqual((await here.exec(state)).stdout, before.stdout);
    await step(here, 'two', 'echo 2 >> run');
    await workspaces.move(thread, 'e2b');
    const back = await workspaces.open(thread);
    assert.equal(back.provider, 'e2b');
    assert.equal(await text(back, 'run'), '1\n2\n');
    assert.equal((await back.exec('test -x run')).exitCode, 0);
    assert.deepEqual(await events('sandbox.moved'), [
      { from: 'e2b', to: 'local' },
      { from: 'local', to: 'e2b' },
    ]);
    const target = { kind: 'step', toolCallId: 'two' } as const;
    const plan = await workspaces.history.plan(back, thread.id, target);
    assert.deepEqual(
      plan.files.map(({ path, conflict }) => [path, conflict]),
      [['run', false]],
    );
    assert.equal((await store.threads.get('owner', thread.id))?.sandboxType, 'e2b');
  });

  test('a thread goes on at another service, where one that is lost is made again too', async () => {
    const there = await workspaces.open(thread);
    await step(there, 'one', 'echo 1 > a');
    await workspaces.move(thread, 'daytona');
    const here = await workspaces.open(thread);
    assert.equal(here.provider, 'daytona');
    await step(here, 'two', 'echo 2 >> a; mkdir -p deep; printf "\\0\\1" > deep/bin');
    await otherService.kill(here.ref);
    restart();
    const again = await workspaces.open(thread);
    assert.notEqual(again.ref, here.ref);
    assert.equal(await text(again, 'a'), '1\n2\n');
    assert.deepEqual([...(await again.files.read('deep/bin'))], [0, 1]);
    assert.equal((await events('sandbox.restored')).length, 1);
  });

  test('a sandbox of a service whose key was taken away is unreachable, and no other takes its place', async () => {
    await workspaces.open(thread);
    workspaces = testWorkspaces({ store, log, dataDir }, local.provider);
    assert.equal((await workspaces.view(thread)).state, 'unreachable');
    await assert.rejects(workspaces.open(thread), failsWith('sandbox_unavailable'));
    assert.equal((await store.workspaces.sandbox(thread.id))?.provider, 'e2b');
  });

  test('a thread that runs does not move', async () => {
    const createdAt = new Date().toISOString();
    const about = { threadId: thread.id, userId: 'owner', messageId: null, createdAt };
    await store.transaction((tables) => tables.runs.start({ id: 'run_m', turnId: 'turn_m', ...about }));
    await assert.rejects(workspaces.move(thread, 'local'), failsWith('run_active'));
    assert.equal((await workspaces.open(thread)).provider, 'e2b');
  });

  test('what a call changed that was running when the process died is recorded as its own', async () => {
    const sandbox = await workspaces.open(thread);
    await step(sandbox, 'before', 'echo 1 > a');
    const call = {
      threadId: thread.id,
      toolCallId: 'lost',
      turnId: 'turn',
      messageId: 'm',
      runId: 'run_lost',
    };
    const decision = { action: 'approved', by: 'user', argsHash: 'h' } as const;
    const end = { status: 'outcome_unknown', resultText: '', summary: '', durationMs: 0 } as const;
    await store.transaction(async ({ toolCalls }) => {
      await toolCalls.propose([
        {
          ...call,
          name: 'run_terminal_command',
          args: '{}',
          argsHash: 'h',
          position: 0,
          diff: null,
          needsReview: true,
        },
      ]);
      await toolCalls.decide(thread.id, 'lost', decision);
      await toolCalls.start(thread.id, 'lost', 'h');
      await toolCalls.finish(thread.id, 'lost', end);
    });
    const told = { toolCallId: 'lost', status: 'outcome_unknown', summary: '', durationMs: 0 } as const;
    await log.commit(thread.id, [{ type: 'tool.finished', data: told }]);
    await sandbox.exec('echo 2 > a; echo new > b');
    restart();
    await workspaces.open(thread);
    const [changed] = (await events('workspace.changed')) as {
      toolCallId: string;
      files: { path: string }[];
    }[];
    assert.equal(changed?.toolCallId, 'lost');
    assert.deepEqual(changed.files.map(({ path }) => path).sort(), ['a', 'b']);
  });

  test('sandboxes go by the stated policy, and never one whose files are nowhere else', async () => {
    const sandbox = await workspaces.open(thread);
    await step(sandbox, 'one', 'echo hello > kept.txt');
    const days = (count: number) => Date.now() + count * 86_400_000;
    await collectSandboxes(workspaces.parts, days(29));
    assert.equal(await e2b.state(thread.id, sandbox.ref), 'alive');
    const orphan = await e2b.open('nobody');
    await collectSandboxes(workspaces.parts, days(6));
    assert.equal(await e2b.state('nobody', orphan.ref), 'alive');
    await collectSandboxes(workspaces.parts, days(8));
    assert.equal(await e2b.state('nobody', orphan.ref), 'gone');
    await store.threads.delete('owner', thread.id);
    await workspaces.remove(thread);
    assert.equal(await e2b.state(thread.id, sandbox.ref), 'gone');
    assert.equal(await store.workspaces.sandbox(thread.id), null);
  });
});
