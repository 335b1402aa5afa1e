import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import { isServedAsAsked } from '#protocol/served-model.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { modelName } from './model-request.ts';
import type { Turn } from './turn.ts';

/** Told once for each pair of models in a run; the figures of each answer hold it in any case. */
export function mismatchNotice(turn: Turn, usage: UsageEntry): NewEvent[] {
  const { model, servedModel } = usage;
  if (isServedAsAsked(model, servedModel)) return [];
  const message = `Asked ${modelName(usage)}, served ${servedModel}.`;
  if (turn.toldMismatches.has(message)) return [];
  turn.toldMismatches.add(message);
  return [{ type: 'notice', data: { code: 'served_model_differs', message } }];
}

/**
 * After the answer and its calls are committed: a thread can be set to go no further with another model than it asked.
 * @throws `served_model_differs`
 */
export function assertServedAsAsked({ pauseOnMismatch }: ThreadRow, usage: UsageEntry): void {
  const { model, servedModel } = usage;
  if (!pauseOnMismatch || isServedAsAsked(model, servedModel)) return;
  throw new CrosspointError('served_model_differs', { asked: modelName(usage), served: servedModel ?? '' });
}
