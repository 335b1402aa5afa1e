import { CrosspointError } from '#protocol/errors.ts';
import type { StoreTables } from './store.ts';

/**
 * Nothing runs in a thread, and no review waits, on its active branch. Inside a transaction it holds until that ends.
 * @throws `run_active`, `review_pending`
 */
export async function assertIdle({ runs }: Pick<StoreTables, 'runs'>, threadId: string): Promise<void> {
  const latest = await runs.latest(threadId);
  if (latest?.status === 'running') throw new CrosspointError('run_active');
  if (latest?.status === 'awaiting_review') throw new CrosspointError('review_pending');
}
