/** Answers of the web that are given again for a while. In memory: after a start nothing is stale. */
export class KeptAnswers<Answer> {
  readonly #answers = new Map<string, { answer: Answer; weight: number; until: number }>();
  readonly #ttlMs: number;
  readonly #maxWeight: number;
  readonly #now: () => number;
  #weight = 0;

  /**
   * @param maxWeight of all together, in whatever `keep` is told
   * @param now milliseconds that never jump
   */
  constructor(options: { ttlMs: number; maxWeight: number; now: () => number }) {
    this.#ttlMs = options.ttlMs;
    this.#maxWeight = options.maxWeight;
    this.#now = options.now;
  }

  get(key: string): Answer | null {
    const kept = this.#answers.get(key);
    if (!kept) return null;
    if (kept.until <= this.#now()) {
      this.#drop(key);
      return null;
    }
    return kept.answer;
  }

  keep(key: string, answer: Answer, weight: number): void {
    this.#drop(key);
    if (weight > this.#maxWeight) return;
    this.#answers.set(key, { answer, weight, until: this.#now() + this.#ttlMs });
    this.#weight += weight;
    for (const oldest of this.#answers.keys()) {
      if (this.#weight <= this.#maxWeight) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#weight -= this.#answers.get(key)?.weight ?? 0;
    this.#answers.delete(key);
  }
}
