import type { CachedAnswer } from '../v1/types.ts';

/** One upstream call and those who wait for its answer. */
class Flight {
  readonly #waiting = new Set<(answer: CachedAnswer | null) => void>();

  get waiting(): number {
    return this.#waiting.size;
  }

  /** null when the leader comes to nothing, or when the one who waits leaves. */
  join(signal: AbortSignal): Promise<CachedAnswer | null> {
    return new Promise((resolve) => {
      const leave = () => end(null);
      const end = (answer: CachedAnswer | null) => {
        this.#waiting.delete(end);
        signal.removeEventListener('abort', leave);
        resolve(answer);
      };
      this.#waiting.add(end);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
    });
  }

  end(answer: CachedAnswer | null): void {
    for (const waiting of [...this.#waiting]) waiting(answer);
  }
}

/** Calls on their way, by key: equal requests at the same time are one upstream call, or one for each slot still empty. */
export class InFlight {
  readonly #flights = new Map<string, Set<Flight>>();

  /** The answer of a call on its way; null when this one has to make its own. @param atOnce calls that may be made together */
  follow(key: string, atOnce: number, signal: AbortSignal): Promise<CachedAnswer | null> | null {
    const flights = this.#flights.get(key);
    if (!flights || flights.size < atOnce) return null;
    const least = [...flights].reduce((best, flight) => (flight.waiting < best.waiting ? flight : best));
    return least.join(signal);
  }

  /** Begins a call that others may follow. Gives what ends it, with its answer or with null; only the first end counts. */
  lead(key: string): (answer: CachedAnswer | null) => void {
    const flight = new Flight();
    const flights = this.#flights.get(key) ?? new Set();
    this.#flights.set(key, flights.add(flight));
    return (answer) => {
      flights.delete(flight);
      if (!flights.size && this.#flights.get(key) === flights) this.#flights.delete(key);
      flight.end(answer);
    };
  }
}
