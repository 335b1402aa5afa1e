import type { ThreadSummary } from '#protocol/thread.ts';

export interface ThreadGroup {
  title: string;
  threads: ThreadSummary[];
}

const day = 86_400_000;

/** What needs a person first, then what runs, then by age, newest first. Empty groups are left out. */
export function groupThreads(threads: readonly ThreadSummary[], now: Date): ThreadGroup[] {
  const sorted = threads.toSorted((left, right) => right.updatedAt.localeCompare(left.updatedAt));
  const groups = new Map<string, ThreadSummary[]>([
    ['Needs you', []],
    ['Running', []],
  ]);
  for (const thread of sorted) {
    const title = titleOf(thread, now);
    groups.set(title, [...(groups.get(title) ?? []), thread]);
  }
  return [...groups].flatMap(([title, members]) => (members.length ? [{ title, threads: members }] : []));
}

function titleOf(thread: ThreadSummary, now: Date): string {
  if (thread.runStatus === 'awaiting_review') return 'Needs you';
  if (thread.runStatus === 'running') return 'Running';
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const changed = new Date(thread.updatedAt).getTime();
  if (changed >= midnight) return 'Today';
  if (changed >= midnight - day) return 'Yesterday';
  if (changed >= midnight - 7 * day) return 'Last 7 days';
  return new Date(changed).toLocaleDateString(undefined, { month: 'long', year: 'numeric' });
}

/** Threads with every word of the query in their title. */
export function matchThreads(threads: readonly ThreadSummary[], query: string): ThreadSummary[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return threads.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}

/** What the dot says in words. */
export function statusText(status: ThreadSummary['runStatus']): string {
  if (status === 'awaiting_review') return 'needs you';
  if (status === 'running') return 'running';
  if (status === 'error') return 'failed';
  if (status === 'interrupted') return 'interrupted';
  return '';
}
