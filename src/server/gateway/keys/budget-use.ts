import type { KeyBudget } from '#protocol/keys.ts';
import { keySubject, periodOf } from '../limits/budget-lines.ts';
import type { LimitStore } from '../limits/limit-store.ts';
import type { ReadBudgetUse } from './key-office.ts';

/** As the limits count it: what refuses a call is what is shown. A store that fails hides it and no key. */
export function readBudgetUse(
  limits: Pick<LimitStore, 'spent'>,
  logger: { warn(details: object, message: string): void },
  now: () => number = Date.now,
): ReadBudgetUse {
  return async (keyId, budget) => {
    const at = now();
    try {
      const { usd, heldUsd, unpricedCalls } = await limits.spent(keySubject({ keyId }), periodOf(budget, at));
      return { spentUsd: usd, heldUsd, unpricedCalls, resetsAt: resetOf(budget, at) };
    } catch (err) {
      logger.warn({ err, key: keyId }, 'what was spent of a budget could not be read');
      return null;
    }
  };
}

/** The first moment of the next period (UTC). */
function resetOf({ period }: Pick<KeyBudget, 'period'>, wallMs: number): string | null {
  if (period === 'total') return null;
  const date = new Date(wallMs);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return new Date(
    period === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1),
  ).toISOString();
}
