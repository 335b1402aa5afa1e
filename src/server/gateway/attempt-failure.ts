import type { CrosspointError } from '#protocol/errors.ts';
import type { PartialAnswer } from './types.ts';

/** How one attempt ended that gave no answer. */
export interface AttemptFailure {
  error: CrosspointError;
  /** Redacted, for the log. */
  detail: string;
  /** Something of the answer reached the caller: nothing may be sent again. */
  streamed: boolean;
  heliconeFault: boolean;
  /** The provider takes the same request without streaming. */
  streamRefused?: true;
  retryAfterMs?: number;
  /** Of the answer; null or absent where none came. */
  httpStatus?: number | null;
  partial: PartialAnswer;
}
