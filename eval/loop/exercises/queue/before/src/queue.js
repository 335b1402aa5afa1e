/** Runs at most `limit` tasks at the same time, in the order in which they came. */
export class TaskQueue {
  #waiting = [];
  #running = 0;

  constructor(limit) {
    this.limit = limit;
  }

  /** Resolves with the result of the task. */
  add(task) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  async #next() {
    if (this.#running >= this.limit) return;
    const entry = this.#waiting.shift();
    if (!entry) return;
    this.#running += 1;
    try {
      entry.resolve(await entry.task());
    } catch (cause) {
      entry.reject(cause);
    }
    this.#running -= 1;
  }
}
