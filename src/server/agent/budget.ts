import { CrosspointError } from '#protocol/errors.ts';
import type { Store, ThreadRow } from '#server/store/store.ts';

/** @throws `budget_reached` */
export async function assertWithinBudget(
  { store }: { store: Pick<Store, 'ledger'> },
  thread: Pick<ThreadRow, 'id' | 'budgetUsd'>,
): Promise<void> {
  if (thread.budgetUsd === null) return;
  const { costUsd } = await store.ledger.threadCost(thread.id);
  if (costUsd >= thread.budgetUsd) throw new CrosspointError('budget_reached', { budget: thread.budgetUsd });
}
