/** Keeps the values that were used last, at most `size` of them. */
export class RecentCache {
  #values = new Map();

  constructor(size) {
    this.size = size;
  }

  get(key) {
    return this.#values.get(key);
  }

  set(key, value) {
    this.#values.set(key, value);
    if (this.#values.size > this.size) this.#values.delete(this.#values.keys().next().value);
  }
}
