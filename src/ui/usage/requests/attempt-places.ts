import type { RequestAttempt } from '#protocol/requests.ts';

/** Where an attempt stands on the line of its request's time, in percent of it. */
export interface AttemptPlace {
  start: number;
  /** Until the first token, or to its end where none came. */
  waiting: number;
  writing: number;
  /** Milliseconds between the end of the attempt before and this one. */
  pauseMs: number;
}

type Timed = Pick<RequestAttempt, 'timestamp' | 'latencyMs' | 'ttftMs'>;

export function placesOf(attempts: readonly Timed[]): AttemptPlace[] {
  const starts = attempts.map(({ timestamp }) => Date.parse(timestamp));
  const ends = attempts.map(({ latencyMs }, index) => (starts[index] ?? 0) + latencyMs);
  const [first, last] = [Math.min(...starts), Math.max(...ends)];
  const share = (milliseconds: number) => (milliseconds / Math.max(1, last - first)) * 100;
  return attempts.map(({ latencyMs, ttftMs }, index) => {
    const start = starts[index] ?? 0;
    const waiting = Math.min(ttftMs ?? latencyMs, latencyMs);
    return {
      start: share(start - first),
      waiting: share(waiting),
      writing: share(latencyMs - waiting),
      pauseMs: index === 0 ? 0 : Math.max(0, start - (ends[index - 1] ?? start)),
    };
  });
}
