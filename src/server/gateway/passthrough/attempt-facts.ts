import type { IncomingHttpHeaders } from 'node:http';
import type { UsageEntry } from '#protocol/usage.ts';
import type { AttemptFailure } from '../attempt-failure.ts';
import { connectionFailure } from '../connection-failure.ts';
import type { AskedUpstream } from '../response-failure.ts';
import type { Seen } from './watch.ts';

export type FailureFacts = Omit<AttemptFailure, 'streamed' | 'partial' | 'retryAfterMs'>;

/** @param answered the provider has begun an answer */
export function describeFailure(cause: unknown, upstream: AskedUpstream, answered: boolean): FailureFacts {
  const error = connectionFailure(cause, upstream, answered);
  const { name, code } = cause as { name?: string; code?: string };
  const heliconeFault = upstream.route.startsWith('helicone') && !answered;
  return { error, detail: [name, code].filter(Boolean).join(' '), heliconeFault };
}

export function isFailure(cause: unknown): cause is FailureFacts {
  return typeof cause === 'object' && cause !== null && 'heliconeFault' in cause;
}

/** What the ledger keeps of an answer, however far it came. */
export function factsOf({ usage, finish, servedModel }: Seen) {
  return {
    reported: usage,
    ...(finish ? { finishReason: finish } : {}),
    ...(servedModel ? { servedModel } : {}),
  };
}

/** What Helicone says of its cache. */
export function cacheOf(headers: IncomingHttpHeaders): UsageEntry['cache'] {
  const value = headers['helicone-cache'];
  return value === 'HIT' || value === 'MISS' ? value : null;
}
