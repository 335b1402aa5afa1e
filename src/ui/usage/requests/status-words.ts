import type { RequestStatus, RequestSummary } from '#protocol/requests.ts';
import { money } from '#ui/client/format.ts';

export const statusWords: Record<RequestStatus, string> = {
  settled: 'answered',
  failed: 'failed',
  aborted: 'given up',
  cached: 'from our cache',
  reserved: 'running',
};

export const statusColours: Record<RequestStatus, string> = {
  settled: 'text-add-ink',
  failed: 'text-del-ink',
  aborted: 'text-warn-ink',
  cached: 'text-accent',
  reserved: 'text-running',
};

/** What one request or attempt cost; one that reached nobody cost nothing, and one without an end nothing yet. */
export function requestCost(
  one: Pick<RequestSummary, 'costUsd' | 'estimated' | 'savedUsd' | 'inputTokens' | 'outputTokens'> & {
    status: RequestStatus;
  },
): string {
  if (one.status === 'reserved') return '–';
  if (one.status === 'cached') return one.savedUsd === null ? '$0.00' : `$0.00, saved ${money(one.savedUsd)}`;
  if (one.costUsd === null) return one.inputTokens + one.outputTokens > 0 ? 'price unknown' : '–';
  return `${one.estimated && one.costUsd > 0 ? 'about ' : ''}${money(one.costUsd)}`;
}
