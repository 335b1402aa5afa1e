import { CrosspointError } from '#protocol/errors.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { WorkspaceHistory } from '../types.ts';
import { Locks } from './locks.ts';
import { Recorder, type HistoryLogger } from './recorder.ts';

/** The history of the files of all threads. */
export function createWorkspaceHistory(
  store: StoreTables,
  _dataDir: string,
  logger: HistoryLogger,
): WorkspaceHistory {
  const recorder = new Recorder(store, logger);
  const locks = new Locks();
  const notYet = () => Promise.reject(new CrosspointError('no_history', { reason: 'not in this version.' }));
  return {
    begin: (sandbox, step) => locks.run(sandbox.id, () => recorder.begin(sandbox, step)),
    end: (sandbox, step) => locks.run(sandbox.id, () => recorder.end(sandbox, step)),
    save: () => Promise.resolve(null),
    restore: () => Promise.resolve(null),
    snapshot: () => Promise.resolve(null),
    changes: notYet,
    versions: notYet,
    plan: notYet,
    apply: notYet,
    revertHunk: notYet,
    rewinds: () => Promise.resolve([]),
    forget: () => Promise.resolve(),
    collect: () => Promise.resolve({ bytes: 0, snapshots: 0 }),
  };
}
