import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { WorkspaceHistory } from '../types.ts';
import { Locks } from './locks.ts';
import { LookBack } from './look-back.ts';
import { Recorder, type HistoryLogger } from './recorder.ts';
import { Rewinds } from './rewinds.ts';
import { Snapshots } from './snapshots.ts';

/** The history of the files of all threads. What is done in one sandbox waits for what is being done there. */
export function createWorkspaceHistory(
  store: StoreTables,
  dataDir: string,
  logger: HistoryLogger,
): WorkspaceHistory {
  const recorder = new Recorder(store, logger);
  const snapshots = new Snapshots(store, recorder, dataDir, logger);
  const rewinds = new Rewinds(store, recorder);
  const lookBack = new LookBack(store, recorder, rewinds);
  const locks = new Locks();
  const inTurn =
    <Rest extends unknown[], Result>(work: (sandbox: Sandbox, ...rest: Rest) => Promise<Result>) =>
    (sandbox: Sandbox, ...rest: Rest) =>
      locks.run(`${sandbox.provider} ${sandbox.ref}`, () => work(sandbox, ...rest));
  return {
    begin: inTurn(async (sandbox, step) => {
      await rewinds.settle(sandbox, step.threadId);
      await recorder.begin(sandbox, step);
    }),
    end: inTurn(async (sandbox, step) => {
      const changes = await recorder.end(sandbox, step);
      if (sandbox.durability === 'none') await snapshots.save(sandbox, sandbox.id, 'turn');
      return changes;
    }),
    save: inTurn((sandbox, id, why) => snapshots.save(sandbox, id, why)),
    restore: inTurn((sandbox, id) => snapshots.restore(sandbox, id)),
    changes: inTurn((...about) => lookBack.changes(...about)),
    versions: inTurn((...about) => lookBack.versions(...about)),
    plan: inTurn((...about) => rewinds.plan(...about)),
    apply: inTurn((...about) => rewinds.apply(...about)),
    revertHunk: inTurn((...about) => lookBack.revertHunk(...about)),
    snapshot: (id) => snapshots.snapshot(id),
    rewinds: (threadId) => rewinds.list(threadId),
    forget: (id) => snapshots.forget(id),
    collect: (here) => snapshots.collect(here),
  };
}
