import { readFileSync, readdirSync } from 'node:fs';

const pageBytes = 4_096;

/**
 * All processes of a pod as the host sees them: bwrap, the pod's init, and what runs below. An orphan becomes a child of
 * that init, so the tree is whole. Ids are for reading only: a signal could reach somebody else by the time it is sent.
 */
export function podProcesses(pid: number): number[] {
  const found = [pid];
  for (const parent of found)
    for (const thread of entriesOf(`/proc/${parent}/task`))
      found.push(...textOf(`/proc/${parent}/task/${thread}/children`).split(' ').filter(Boolean).map(Number));
  return found;
}

/**
 * Bytes of memory of these processes. Shared pages (the text of Node) are counted once for all, which is slow to find
 * out, so only when the quick sum is over `limit`.
 */
export function memoryOf(pids: readonly number[], limit: number): number {
  const quick = sum(pids.map((pid) => Number(textOf(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageBytes));
  return quick <= limit ? quick : sum(pids.map(proportionalBytes));
}

function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1_024;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (cause) {
    return orEnded(cause, []);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    return orEnded(cause, '');
  }
}

/** A process may end while it is read. */
function orEnded<Value>(cause: unknown, value: Value): Value {
  if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? ''))
    throw cause;
  return value;
}
