/** Time as limits need it; tests give their own. */
export interface LimitClock {
  /** Epoch milliseconds: of what outlives the process, and of days and months. */
  wall(): number;
  /** Whole milliseconds that never jump, whatever happens to the time of day (fault F22). */
  steady(): number;
  /** Calls `then` once, after `ms`. Gives what calls it off. */
  after(ms: number, then: () => void): () => void;
}

/** A timer of Node's that is longer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemLimitClock: LimitClock = {
  wall: () => Date.now(),
  steady: () => Math.floor(performance.now()),
  after(ms, then) {
    const timer = setTimeout(then, Math.min(ms, longestTimerMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
