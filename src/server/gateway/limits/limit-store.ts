import type { Demand, Rate, Verdict } from './token-bucket.ts';

export type Awaitable<Result> = Result | Promise<Result>;

/** One budget that a call draws on. */
export interface BudgetLine {
  /** e.g. `key:…`, `user:…`, `all`. */
  subject: string;
  /** e.g. `2026-11`, `2026-11-25`, `total`. */
  period: string;
  usd: number;
}

/** Money held for one call, on all its budgets; to be settled once. */
export interface Reservation {
  id: string;
  lines: readonly BudgetLine[];
  usd: number;
}

/** `spent`: the budget is used up. `held`: what is left of it is reserved by calls that have not ended. */
export type BudgetVerdict =
  { allowed: true; reservation: Reservation } | { allowed: false; line: BudgetLine; why: 'spent' | 'held' };

export interface Spent {
  usd: number;
  /** Of calls that have not ended. */
  heldUsd: number;
  /** Calls that counted nothing because nobody knows their price, with the permission of the budget's owner. */
  unpricedCalls: number;
}

/**
 * What limits have to remember. Each function is atomic. Here it is memory and a SQLite file; several instances would
 * share one in Redis. Any failure is thrown: the caller knows whether to let the call pass.
 */
export interface LimitStore {
  /** Takes from the bucket of this name; a new one is full. */
  take(bucket: string, rate: Rate, demand: Demand): Awaitable<Verdict>;
  /** Puts back (negative: takes, whatever is there). */
  add(bucket: string, rate: Rate, amount: number): Awaitable<void>;
  /** Holds `usd` on every line, or on none: each must have spent and held less than its budget. */
  reserve(lines: readonly BudgetLine[], usd: number): Awaitable<BudgetVerdict>;
  /**
   * The call has ended. `usd` null: nobody knows what it cost, and what was reserved counts.
   * @param unpriced nothing could be reserved for want of a price either
   */
  settle(reservation: Reservation, usd: number | null, unpriced: boolean): Awaitable<void>;
  /** The call was not made. */
  release(reservation: Reservation): Awaitable<void>;
  spent(subject: string, period: string): Awaitable<Spent>;
  close(): void;
}
