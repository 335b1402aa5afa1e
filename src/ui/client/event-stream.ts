import type { EventType, ThreadEvent } from '#protocol/events.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** The type checker keeps this list whole: `EventSource` hears only the names it was told. */
const types: Record<EventType, true> = {
  'run.started': true,
  'model.started': true,
  'message.delta': true,
  'reasoning.delta': true,
  'tool.proposed': true,
  'review.requested': true,
  'review.decided': true,
  'tool.started': true,
  'tool.output': true,
  'tool.finished': true,
  'model.switched': true,
  'model.finished': true,
  retrying: true,
  notice: true,
  'thread.branched': true,
  'context.compacted': true,
  'context.restored': true,
  'workspace.changed': true,
  'workspace.rewound': true,
  'sandbox.restored': true,
  'sandbox.moved': true,
  'run.finished': true,
};

/** Milliseconds. A browser has six connections to a host: a page that nobody sees gives its own back. */
const releaseAfterHidden = 30_000;
const reopenAfter = 2_000;

/**
 * A thread's events from `after` on, each id once and in order, over any number of connections.
 * `EventSource` resumes by itself after a lost connection, but gives up after an error answer (a restart behind a
 * proxy, a `503`); then it is opened again.
 */
export class EventStream {
  readonly #threadId: string;
  readonly #onEvent: (event: ThreadEvent) => void;
  readonly #onConnection: (connection: Connection) => void;
  readonly #abort = new AbortController();
  #source: EventSource | null = null;
  #after: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    threadId: string,
    after: number,
    onEvent: (event: ThreadEvent) => void,
    onConnection: (connection: Connection) => void,
  ) {
    this.#threadId = threadId;
    this.#after = after;
    this.#onEvent = onEvent;
    this.#onConnection = onConnection;
    document.addEventListener('visibilitychange', () => this.#followVisibility(), {
      signal: this.#abort.signal,
    });
    this.#open();
  }

  close(): void {
    this.#abort.abort();
    this.#release();
  }

  #open(): void {
    this.#release();
    const url = `/api/threads/${encodeURIComponent(this.#threadId)}/events?after=${this.#after}`;
    const source = new EventSource(url);
    this.#source = source;
    source.onopen = () => this.#onConnection('live');
    source.onerror = () => {
      this.#onConnection('lost');
      if (source.readyState === EventSource.CLOSED) this.#later(reopenAfter, () => this.#open());
    };
    for (const type of Object.keys(types) as EventType[])
      source.addEventListener(type, (message) => this.#receive(type, message));
  }

  #receive(type: EventType, message: MessageEvent<string>): void {
    const id = Number(message.lastEventId);
    if (id <= this.#after) return;
    this.#after = id;
    this.#onEvent({ id, type, data: JSON.parse(message.data) } as ThreadEvent);
  }

  #followVisibility(): void {
    if (document.visibilityState === 'hidden') this.#later(releaseAfterHidden, () => this.#release());
    else if (this.#source === null || this.#source.readyState === EventSource.CLOSED) this.#open();
    else clearTimeout(this.#timer);
  }

  #later(milliseconds: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, milliseconds);
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
