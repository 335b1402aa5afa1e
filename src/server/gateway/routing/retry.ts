import type { AttemptFailure } from '../attempt-failure.ts';

const most = { rateLimited: 4, failing: 3, silent: 2 };
/** Milliseconds. */
const longestRetryAfter = 60_000;
const firstBackoff = 500;
const longestBackoff = 8_000;

/**
 * Milliseconds until the next attempt over the same route, or null when there is none: only what may pass by itself is
 * tried again, and only while the caller has seen nothing (faults F1 to F3, F10).
 * @param tries attempts made so far over this route
 * @param random from 0 up to 1
 */
export function retryDelay(failure: AttemptFailure, tries: number, random: () => number): number | null {
  if (failure.streamed || tries >= mostTries(failure)) return null;
  const { retryAfterMs } = failure;
  if (retryAfterMs === undefined) {
    // Full jitter: many clients that failed together must not come back together.
    return Math.round(random() * Math.min(longestBackoff, firstBackoff * 2 ** tries));
  }
  if (retryAfterMs > longestRetryAfter) return null;
  return Math.round(retryAfterMs + random() * Math.min(1_000, retryAfterMs / 10));
}

/** Deadlines that pass while the model is already at work: another try would take as long. */
const lateDeadlines = new Set(['whole answer', 'between chunks', 'total time']);

function mostTries({ error }: AttemptFailure): number {
  switch (error.code) {
    case 'provider_rate_limited':
      return most.rateLimited;
    case 'provider_overloaded':
    case 'provider_unreachable':
      return most.failing;
    case 'provider_timeout':
      return lateDeadlines.has(String(error.values.phase)) ? 1 : most.failing;
    case 'provider_stream_cut':
    case 'provider_empty_answer':
      return most.silent;
    default:
      return 1;
  }
}

/** `retry-after-ms` (OpenAI), `retry-after` in seconds or as a date. Milliseconds, or undefined when there is none. */
export function readRetryAfter(headers: Record<string, string>, now: number): number | undefined {
  const exact = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (exact >= 0) return exact;
  const given = headers['retry-after']?.trim();
  if (!given) return undefined;
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given) * 1_000;
  const date = Date.parse(given);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
