import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';

/** A failure as a client of `/v1` sees it; each wire writes it in its own shape. */
export interface ClientFailure {
  /** As the provider's own would be. */
  status: number;
  /** Ours, in `code` of the OpenAI wires. */
  code: string;
  message: string;
  /** The field that is wrong. */
  param: string | null;
}

/** Statuses and codes where the provider's own differ from those of `/api`. */
const shown: Partial<Record<ErrorCode, [status: number, code: string]>> = {
  provider_bad_request: [400, 'invalid_request'],
  provider_refused_seal: [400, 'invalid_request'],
  context_overflow: [400, 'context_length_exceeded'],
  provider_model_not_found: [404, 'model_not_found'],
  unknown_model: [404, 'model_not_found'],
  bad_key: [401, 'invalid_api_key'],
  unknown_provider: [404, 'model_not_found'],
  invalid_model_preset: [404, 'model_not_found'],
  model_retired: [404, 'model_not_found'],
  missing_model: [400, 'missing_model'],
  provider_rate_limited: [429, 'rate_limit_exceeded'],
  provider_no_credit: [402, 'insufficient_quota'],
  provider_forbidden: [403, 'provider_forbidden'],
  provider_overloaded: [503, 'provider_overloaded'],
};

/** What a client is told of an error. Anything but a CrosspointError is ours and tells nothing. */
export function clientFailure(error: unknown): ClientFailure {
  const known =
    error instanceof CrosspointError ? error : new CrosspointError('internal', { reference: '-' });
  const [status, code] = shown[known.code] ?? [known.status, known.code];
  const { param, leftOut } = known.values;
  const message = leftOut ? `${known.message} Not tried: ${leftOut}` : known.message;
  return { status, code, message, param: typeof param === 'string' ? param : null };
}

/** The provider's word for a kind of failure by its status. */
export function errorType(status: number): string {
  const known: Record<number, string> = {
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    503: 'overloaded_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  };
  return known[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}
