import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

/** The variable that marks every process of one command; a process that leaves its group with `setsid` keeps it. */
export const markerVariable = 'CROSSPOINT_EXEC';

/** Only a mark: whoever sees it, in the environment of a process, can do nothing with it. */
export function newMarker(): string {
  return randomBytes(12).toString('hex');
}

interface Process {
  pid: number;
  parent: number;
  group: number;
  marker: string | null;
}

/** A command that runs: its marker and the process that was started for it. */
export interface Root {
  marker: string;
  pid: number;
}

/** Process ids in the pod, without its init (1), the supervisor and `except`. */
export function otherPids(except?: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid && pid !== except);
}

/** Processes that belong to `root`: in its group, below it, or with its marker. */
export function treeOf(root: Root): number[] {
  return listed().flatMap((each) => (belongs(each, root) ? [each.pid] : []));
}

/**
 * Kills `root`'s tree and whatever belongs to no other command: a process can drop its marker, but then nothing speaks
 * for it. Repeats until nothing is left, because a fork may race with the reading of /proc.
 * @param others what speaks for itself, looked up each time: another command may have begun meanwhile
 * @returns how many could not be killed
 */
export async function killTree(root: Root, others: () => readonly Root[]): Promise<number> {
  for (let round = 0; round < 40; round += 1) {
    kill(-root.pid);
    const left = unspokenFor(others());
    if (left.length === 0) return 0;
    for (const { pid } of left) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, round < 5 ? 2 : 25));
  }
  return unspokenFor(others()).length;
}

function unspokenFor(others: readonly Root[]): Placed[] {
  return listed().filter((each) => !others.some((other) => belongs(each, other)));
}

interface Placed extends Process {
  ancestors: Set<number>;
}

function belongs(each: Placed, root: Root): boolean {
  return each.marker === root.marker || each.group === root.pid || each.ancestors.has(root.pid);
}

function listed(): Placed[] {
  const processes = otherPids().flatMap((pid) => readProcess(pid) ?? []);
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  return processes.map((each) => ({ ...each, ancestors: ancestorsOf(each.pid, parents) }));
}

function ancestorsOf(pid: number, parents: Map<number, number>): Set<number> {
  const ancestors = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && !ancestors.has(at); at = parents.get(at))
    ancestors.add(at);
  return ancestors;
}

/** null for a process that has ended, also when its parent has not collected it yet. */
function readProcess(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, also parentheses.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    return { pid, parent: Number(parent), group: Number(group), marker: markerOf(pid) };
  } catch (cause) {
    if (isGone(cause)) return null;
    throw cause;
  }
}

function markerOf(pid: number): string | null {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const entry = environment.split('\0').find((each) => each.startsWith(`${markerVariable}=`));
    return entry?.slice(markerVariable.length + 1) ?? null;
  } catch (cause) {
    if (isGone(cause) || (cause as NodeJS.ErrnoException).code === 'EACCES') return null;
    throw cause;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (cause) {
    if (!isGone(cause)) throw cause;
  }
}

function isGone(cause: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '');
}
