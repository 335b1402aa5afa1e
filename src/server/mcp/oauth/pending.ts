import { CrosspointError } from '#protocol/errors.ts';
import type { HttpTransport } from '#protocol/mcp.ts';
import type { Draft } from './draft.ts';

/** Who began a sign-in, at which server. */
export interface PendingSignIn {
  serverId: string;
  server: string;
  userId: string;
  transport: HttpTransport;
  draft: Draft;
}

const lifeMs = 10 * 60 * 1_000;
const most = 100;

/** Sign-ins that wait for the person to come back, by their state. Kept in memory: after a restart one begins anew. */
export class PendingSignIns {
  readonly #all = new Map<string, PendingSignIn & { beganMs: number; isUsed: boolean }>();
  readonly #now: () => number;

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** An earlier one at the same server ends: of two windows the later counts. */
  add(state: string, pending: PendingSignIn): void {
    this.forget(pending.serverId);
    for (const [known, { beganMs }] of this.#all)
      if (this.#isOver(beganMs) || this.#all.size >= most) this.#all.delete(known);
    this.#all.set(state, { ...pending, beganMs: this.#now(), isUsed: false });
  }

  /** Once for each. @throws `mcp_sign_in_expired` for one that is unknown, used, too old, or another person's */
  take(state: string, userId: string): PendingSignIn {
    const pending = this.#all.get(state);
    const isGood = pending?.userId === userId && !pending.isUsed && !this.#isOver(pending.beganMs);
    if (!isGood) throw new CrosspointError('mcp_sign_in_expired');
    pending.isUsed = true;
    return pending;
  }

  /** Ends one that was taken. @throws `mcp_sign_in_expired` when its server was changed or removed meanwhile */
  finish(state: string): void {
    if (!this.#all.delete(state)) throw new CrosspointError('mcp_sign_in_expired');
  }

  forget(serverId: string): void {
    for (const [state, pending] of this.#all) if (pending.serverId === serverId) this.#all.delete(state);
  }

  #isOver(beganMs: number): boolean {
    return this.#now() - beganMs > lifeMs;
  }
}
