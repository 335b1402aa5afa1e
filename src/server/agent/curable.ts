import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import { isLimitOfProvider } from '#server/gateway/limits/refusal.ts';

/**
 * Failures that another model can mend. What is not here would fail anywhere (`provider_bad_request` is our own mistake),
 * is an answer of a kind (`content_filtered`), or is a limit that a person set for all models.
 */
const curable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'provider_auth',
  'provider_forbidden',
  'provider_model_not_found',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_unreachable',
  'provider_timeout',
  'provider_refused_seal',
  'provider_protocol',
  'provider_stream_cut',
  'provider_empty_answer',
  'provider_redirect',
  'provider_too_large',
  'provider_no_credit',
  'context_overflow',
  'model_retired',
  'model_unavailable',
]);

/** Our own limit of one provider leaves room at another, as that provider's own `429` would. */
export function isCurable(failure: unknown): failure is CrosspointError {
  if (!(failure instanceof CrosspointError)) return false;
  return curable.has(failure.code) || isLimitOfProvider(failure);
}
