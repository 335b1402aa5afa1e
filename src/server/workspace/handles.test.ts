import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { newThread } from '#server/agent/new-thread.ts';
import { createE2bSandboxes } from '#server/sandbox/e2b/e2b-sandboxes.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store, ThreadRow } from '#server/store/store.ts';
import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { Handles } from './handles.ts';
import { createWorkspaceHistory } from './history/workspace-history.ts';

const minutes = (count: number) => performance.now() + count * 60_000;

/** E2B's own SDK against its contract on loopback. */
describe('sandboxes that something goes on in are kept alive', { skip: cannotStartMachines() }, () => {
  let service: E2bService;
  let store: Store;
  let sandbox: Sandbox;
  let handles: Handles;
  let thread: ThreadRow;
  let terminals: string[];
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-handles-'));
  before(async () => {
    service = await E2bService.start();
    store = await openStore(dataDir);
  });
  after(async () => {
    await store.close();
    await service.close();
    rmSync(dataDir, { recursive: true });
  });
  beforeEach(async () => {
    const provider = createE2bSandboxes({
      ...{ apiKey: service.apiKey, apiUrl: service.url, sandboxUrl: service.url, domain: null },
      ...{ template: 'base', idleMs: 900_000, internet: false, installId: 'mine' },
    });
    terminals = [];
    thread = newThread('owner', { provider: 'demo', model: 'm' }, 'e2b');
    await store.threads.create(thread);
    const logger = { warn: (_details: object, message: string) => assert.fail(message) };
    const history = createWorkspaceHistory(store, dataDir, logger);
    handles = new Handles({ store, history, logger, hasTerminal: (id) => terminals.includes(id) });
    sandbox = await provider.open(thread.sandboxId);
    handles.put(thread, sandbox);
  });

  /** Whether E2B was asked to leave it its time. */
  async function isKept(now: number): Promise<boolean> {
    const before = service.timeouts.length;
    await handles.keepAlive(now);
    handles.close();
    return service.timeouts.length > before;
  }

  async function start(): Promise<string> {
    const id = `run-${thread.id}`;
    const createdAt = new Date().toISOString();
    const about = { threadId: thread.id, userId: 'owner', messageId: null, turnId: id, createdAt };
    await store.transaction(({ runs }) => runs.start({ id, ...about }));
    return id;
  }

  test('for ten minutes after its last use, then it may pause', async () => {
    assert.equal(await isKept(minutes(9)), true);
    assert.equal(await isKept(minutes(11)), false);
  });

  test('during a run, and for as long as a day while its review waits', async () => {
    const run = await start();
    assert.equal(await isKept(minutes(600)), true);
    await store.transaction(({ runs }) =>
      runs.finish(run, { status: 'awaiting_review', finishedAt: new Date().toISOString() }),
    );
    assert.equal(await isKept(minutes(600)), true);
  });

  test('while a terminal is open, and what was done in it is kept outside', async () => {
    terminals.push(thread.id);
    await sandbox.exec('echo typed > by-hand.txt');
    assert.equal(await isKept(minutes(600)), true);
    const [row] = await store.workspaces.snapshots(thread.sandboxId);
    assert.equal(row?.why, 'person');
  });
});
