import { CrosspointError } from '#protocol/errors.ts';
import type { SessionStore } from '#server/store/store.ts';
import { hashSecret, newSecret, secretPattern } from './secrets.ts';

const keyMs = 10 * 60 * 1_000;
const windowMs = 60_000;
const failuresPerWindow = 10;

/**
 * The one-time login link. The key stands in the fragment, which no browser sends: it is in no log and no Referer.
 * It works once, for ten minutes.
 */
export async function createLoginKey(store: SessionStore, now = Date.now()): Promise<string> {
  const key = newSecret();
  await store.addLoginKey(hashSecret(key), now + keyMs);
  return key;
}

export function loginLink(origin: string, key: string): string {
  return `${origin}/#k=${key}`;
}

/** Takes login keys, and at most ten wrong ones a minute. */
export class LoginDesk {
  readonly #store: SessionStore;
  readonly #now: () => number;
  #failures: number[] = [];

  constructor(store: SessionStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws `too_many_requests`, or `unauthorized` for a key that is wrong, used or too old */
  async take(key: string): Promise<void> {
    const now = this.#now();
    // A clock that was set back must not lock the door until it has caught up.
    this.#failures = this.#failures.filter((time) => Math.abs(now - time) < windowMs);
    if (this.#failures.length >= failuresPerWindow) {
      const waitMs = windowMs - (now - (this.#failures[0] ?? now));
      throw new CrosspointError('too_many_requests', { seconds: Math.ceil(waitMs / 1_000) });
    }
    const taken = secretPattern.test(key) && (await this.#store.takeLoginKey(hashSecret(key), now));
    if (taken) return;
    this.#failures.push(now);
    throw new CrosspointError('unauthorized');
  }
}
