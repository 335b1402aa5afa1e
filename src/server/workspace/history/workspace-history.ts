import { CrosspointError } from '#protocol/errors.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { WorkspaceHistory } from '../types.ts';
import { Locks } from './locks.ts';
import { Recorder, type HistoryLogger } from './recorder.ts';
import { Snapshots } from './snapshots.ts';

/** The history of the files of all threads. */
export function createWorkspaceHistory(
  store: StoreTables,
  dataDir: string,
  logger: HistoryLogger,
): WorkspaceHistory {
  const recorder = new Recorder(store, logger);
  const snapshots = new Snapshots(store, recorder, dataDir, logger);
  const locks = new Locks();
  const notYet = () => Promise.reject(new CrosspointError('no_history', { reason: 'not in this version.' }));
  return {
    begin: (sandbox, step) => locks.run(sandbox.id, () => recorder.begin(sandbox, step)),
    end: (sandbox, step) =>
      locks.run(sandbox.id, async () => {
        const changes = await recorder.end(sandbox, step);
        if (sandbox.durability === 'none') await snapshots.save(sandbox, sandbox.id, 'turn');
        return changes;
      }),
    save: (sandbox, id, why) => locks.run(sandbox.id, () => snapshots.save(sandbox, id, why)),
    restore: (sandbox, id) => locks.run(sandbox.id, () => snapshots.restore(sandbox, id)),
    snapshot: (id) => snapshots.snapshot(id),
    changes: notYet,
    versions: notYet,
    plan: notYet,
    apply: notYet,
    revertHunk: notYet,
    rewinds: () => Promise.resolve([]),
    forget: (id) => snapshots.forget(id),
    collect: () => snapshots.collect(),
  };
}
