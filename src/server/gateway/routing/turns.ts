import type { Candidate, Router } from '../v1/types.ts';

type Breakers = Pick<Router, 'begin' | 'leastBad'>;

/**
 * Which of its ways a request tries next: each once in a round, those that are out only when there is nothing else, and
 * after a pause another round. Every way that is given has begun, so its end must be reported.
 */
export class Turns<Way extends { candidate: Candidate }> {
  readonly #router: Breakers;
  readonly #ways: readonly Way[];
  #left: Way[];
  #pauseMs: number | null = null;
  #round = 1;

  /** @param ways at least one */
  constructor(router: Breakers, ways: readonly Way[]) {
    this.#router = router;
    this.#ways = ways;
    this.#left = [...ways];
  }

  get round(): number {
    return this.#round;
  }

  /** Milliseconds after which another round may help: the shortest of this one; null when none can. */
  get pauseMs(): number | null {
    return this.#pauseMs;
  }

  /** The first one, whatever its health: a request is tried at least once. */
  first(): Way {
    return this.next() ?? this.#leastBad();
  }

  /** null when each that may be tried had its turn. */
  next(): Way | null {
    for (let way = this.#left.shift(); way; way = this.#left.shift()) {
      if (this.#router.begin(way.candidate)) return way;
    }
    return null;
  }

  /** The same way once more, as somebody asked for. */
  again(way: Way): void {
    this.#router.begin(way.candidate, true);
  }

  /** The same way in another manner, with all its rounds before it. */
  renew(way: Way): void {
    this.#round = 1;
    this.again(way);
  }

  /** @param pauseMs after which the way may be tried again; null when that cannot help */
  failed(pauseMs: number | null): void {
    if (pauseMs !== null) this.#pauseMs = Math.min(this.#pauseMs ?? pauseMs, pauseMs);
  }

  nextRound(): Way {
    this.#round++;
    this.#left = [...this.#ways];
    this.#pauseMs = null;
    return this.first();
  }

  #leastBad(): Way {
    const candidate = this.#router.leastBad(this.#ways.map((way) => way.candidate));
    const way = this.#ways.find((each) => each.candidate === candidate) as Way;
    this.#router.begin(candidate, true);
    return way;
  }
}
