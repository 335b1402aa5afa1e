import type { StoreTables } from '#server/store/store.ts';
import type { Restoration, SnapshotView } from './types.ts';

/** When lost sandboxes were replaced, by thread: read from the record once, then remembered. */
export class Restorations {
  readonly #store: StoreTables;
  readonly #last = new Map<string, Restoration | null>();

  constructor(store: StoreTables) {
    this.#store = store;
  }

  async last(threadId: string): Promise<Restoration | null> {
    const known = this.#last.get(threadId);
    if (known !== undefined) return known;
    const events = await this.#store.events.listOfTypes(threadId, ['sandbox.restored']);
    const event = events.at(-1)?.event;
    const found =
      event?.type === 'sandbox.restored'
        ? { eventId: event.id, snapshotAt: event.data.snapshotAt, lost: event.data.lost }
        : null;
    this.#last.set(threadId, found);
    return found;
  }

  add(threadId: string, restoration: Restoration): void {
    this.#last.set(threadId, restoration);
  }

  forget(threadId: string): void {
    this.#last.delete(threadId);
  }
}

const mostNamed = 20;

/** Where the workspace is a folder of this machine: its files are as they were. */
export const lostWithBound = [
  'Running processes and open terminals.',
  'The states of files before and after each step: no file of the folder was touched.',
];

/** What a new sandbox has not that the lost one had. */
export function lostWith(snapshot: SnapshotView | null): string[] {
  if (!snapshot) return ['All files: none had been saved outside of the sandbox.', 'Running processes.'];
  const { leftOut } = snapshot;
  const more = leftOut.length > mostNamed ? ` and ${leftOut.length - mostNamed} more` : '';
  return [
    'Running processes and open terminals.',
    'Files that are made again from others, such as node_modules, and folders and large files that .gitignore names.',
    ...(leftOut.length
      ? [`Files that could not be saved: ${leftOut.slice(0, mostNamed).join(', ')}${more}`]
      : []),
  ];
}
