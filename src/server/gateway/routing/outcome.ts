import type { ErrorCode } from '#protocol/errors.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { AttemptFailure } from '../attempt-failure.ts';
import type { AttemptOutcome } from '../v1/types.ts';

/** How an attempt ended, of either kind: of the agent's own calls and of those of `/v1`. */
type Ended =
  { kind: 'answer'; usage: UsageEntry } | { kind: 'failure'; failure: AttemptFailure } | { kind: 'aborted' };

/** What the end of an attempt says about the endpoint. */
export function outcomeOf(result: Ended): AttemptOutcome {
  if (result.kind === 'aborted') return nothing;
  if (result.kind === 'answer') return { kind: 'ok', ...timesOf(result.usage) };
  const { error, heliconeFault, retryAfterMs, partial } = result.failure;
  // Helicone's own failure says nothing about the provider behind it.
  if (heliconeFault) return nothing;
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  const narrow = error.code === 'provider_forbidden' ? { onlyModel: true as const } : {};
  return { kind: kindOf(error.code), ...timesOf(partial.usage), ...after, ...narrow };
}

/** Nothing is known of how it ended. */
export const nothing: AttemptOutcome = { kind: 'aborted', latencyMs: 0, ttftMs: null };

function timesOf(usage: UsageEntry | undefined): Pick<AttemptOutcome, 'latencyMs' | 'ttftMs'> {
  return { latencyMs: usage?.latencyMs ?? 0, ttftMs: usage?.ttftMs ?? null };
}

const blamesRequest = new Set<ErrorCode>(['provider_bad_request', 'provider_refused_seal']);

/** What the request is to blame for says nothing about the endpoint's health. */
function kindOf(code: ErrorCode): AttemptOutcome['kind'] {
  switch (code) {
    case 'provider_rate_limited':
      return 'rate-limited';
    case 'provider_stream_cut':
      return 'cut';
    case 'provider_auth':
    case 'provider_forbidden':
    case 'provider_no_credit':
      return 'denied';
    default:
      return code.startsWith('provider_') && !blamesRequest.has(code) ? 'failed' : 'refused';
  }
}
