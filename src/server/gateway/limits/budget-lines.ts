import { CrosspointError } from '#protocol/errors.ts';
import type { Budget, Caller } from '../v1/types.ts';
import type { BudgetLine } from './limit-store.ts';
import { rateLimited } from './refusal.ts';
import type { LimitSettings } from './settings.ts';

/** One budget of a call, with the words for a refusal. */
export interface CallBudget extends BudgetLine {
  whose: string;
  budget: Budget;
}

/** The budgets of a call: of its key, of its user, of everything. A call counts in the period in which it began (UTC). */
export function budgetsOf(caller: Caller, settings: LimitSettings, wallMs: number): CallBudget[] {
  const user = userSettings(caller, settings)?.budget;
  const lines: CallBudget[] = [];
  const add = (subject: string, whose: string, budget: Budget | null | undefined) => {
    if (budget) lines.push({ subject, whose, budget, usd: budget.usd, period: periodOf(budget, wallMs) });
  };
  add(keySubject(caller), `the key "${caller.keyName}"`, caller.budget);
  add(userSubject(caller), `the user ${caller.userId}`, user);
  add('all', 'this gateway', settings.budget);
  return lines;
}

/** e.g. `2026-11-25`, `2026-11`, `total`. */
export function periodOf({ period }: Pick<Budget, 'period'>, wallMs: number): string {
  if (period === 'total') return 'total';
  return new Date(wallMs).toISOString().slice(0, period === 'day' ? 10 : 7);
}

export function keySubject({ keyId }: Pick<Caller, 'keyId'>): string {
  return keyId === null ? 'token' : `key:${keyId}`;
}

export function userSubject({ userId }: Pick<Caller, 'userId'>): string {
  return `user:${userId}`;
}

export function userSettings(
  { userId }: Pick<Caller, 'userId'>,
  { users }: LimitSettings,
): LimitSettings['users'][string] | undefined {
  return Object.hasOwn(users, userId) ? users[userId] : users['*'];
}

/** @throws CrosspointError `budget_needs_price`: an unknown price is never taken for zero */
export function assertPriced(budgets: readonly CallBudget[], model: string, costUsd: number | null): void {
  if (costUsd !== null) return;
  const strict = budgets.find(({ budget }) => !budget.allowUnpriced);
  if (strict) throw new CrosspointError('budget_needs_price', { model, whose: strict.whose });
}

/** Why a budget lets no call in. What others hold may come free at any moment; what is spent does not. */
export function budgetRefusal({ whose, budget, period }: CallBudget, why: 'spent' | 'held'): CrosspointError {
  if (why === 'held')
    return rateLimited(
      `What is left of the budget of ${whose} is reserved by calls that have not ended.`,
      1_000,
    );
  const isWhole = budget.period === 'total';
  return new CrosspointError('budget_exhausted', {
    budget: budget.usd,
    whose,
    period: isWhole ? '' : ` for ${period}`,
    remedy: isWhole ? '' : `, or wait for the next ${budget.period}`,
  });
}
