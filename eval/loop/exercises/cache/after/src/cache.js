/** Keeps the values that were used last, at most `size` of them. */
export class RecentCache {
  #values = new Map();

  constructor(size) {
    this.size = size;
  }

  get(key) {
    if (!this.#values.has(key)) return undefined;
    const value = this.#values.get(key);
    this.set(key, value);
    return value;
  }

  set(key, value) {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.size) this.#values.delete(this.#values.keys().next().value);
  }
}
