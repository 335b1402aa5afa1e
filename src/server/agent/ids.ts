import { randomUUID } from 'node:crypto';

/** Unguessable, unique everywhere. The prefix is for people who read logs. */
export function newId(kind: 'thread' | 'run' | 'turn' | 'message' | 'call' | 'compaction'): string {
  return `${kind}_${randomUUID().replaceAll('-', '')}`;
}
