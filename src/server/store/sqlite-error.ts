import { CrosspointError } from '#protocol/errors.ts';

/** Result codes of SQLite: the low byte is the kind, the rest says more (https://sqlite.org/rescode.html). */
const busy = 5;
const corrupt = 11;
const full = 13;
const notADatabase = 26;
/** SQLITE_IOERR_SHMSIZE: the WAL's index could not grow, which only a full disk causes. */
const sharedMemorySize = 4_874;

function codeOf(cause: unknown): number {
  return (cause as { errcode?: number } | null)?.errcode ?? 0;
}

/** Another process holds the lock. */
export function isBusy(cause: unknown): boolean {
  return (codeOf(cause) & 0xff) === busy;
}

/** The file's content cannot be trusted any more. */
export function isDamaged(cause: unknown): boolean {
  return [corrupt, notADatabase].includes(codeOf(cause) & 0xff);
}

/** What a person can do something about becomes the typed error; everything else passes. */
export function storageError(cause: unknown): unknown {
  const code = codeOf(cause);
  const isFullFile = (cause as { code?: string } | null)?.code === 'ENOSPC';
  if ((code & 0xff) === full || code === sharedMemorySize || isFullFile)
    return new CrosspointError('disk_full', {}, { cause });
  if (isBusy(cause)) return new CrosspointError('store_busy', {}, { cause });
  if (isDamaged(cause)) return new CrosspointError('store_damaged', {}, { cause });
  return cause;
}
