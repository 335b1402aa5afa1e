import type { Exchange } from './exchange.ts';

/** What can be ended from outside: by the client, by a deadline, by the end of the process. */
export interface Stoppable {
  leave(): void;
  stop(error: Error, left: boolean): void;
}

/** A call while it is served. */
export interface ActiveCall {
  exchange: Exchange;
  /** The attempt that runs. */
  running: Stoppable | null;
}

/**
 * What is on its way. No `Set`: it makes itself anew every few dozen calls, and V8 links the old ones with the new ones and
 * with whatever was in them. Once one is old, everything of every later call outlives the young generation: 7 KB of each,
 * and a third of the processor time (measured: 5 MB of each 45 MB of garbage were kept, now 0.1 MB).
 */
export class ActiveCalls {
  readonly #calls: { call: ActiveCall; at: number }[] = [];

  /** @returns what ends it */
  add(call: ActiveCall): () => void {
    const place = { call, at: this.#calls.length };
    this.#calls.push(place);
    return () => this.#remove(place);
  }

  get size(): number {
    return this.#calls.length;
  }

  all(): ActiveCall[] {
    return this.#calls.map(({ call }) => call);
  }

  /** The last one takes its place. */
  #remove(place: { at: number }): void {
    const last = this.#calls.pop();
    if (!last || last === place) return;
    last.at = place.at;
    this.#calls[place.at] = last;
  }
}
