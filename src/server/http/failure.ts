import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { CrosspointError } from '#protocol/errors.ts';
import type { Logger } from './services.ts';

/**
 * What a failure is answered with: a known error as it is; anything else as `internal`, with a reference under which the
 * log has the details. Nothing of an unknown error reaches the caller.
 */
export function knownError(cause: unknown, logger: Logger, about: object = {}): CrosspointError {
  if (cause instanceof CrosspointError) {
    if (cause.status >= 500) logger.warn({ ...about, code: cause.code, cause: cause.cause }, cause.message);
    return cause;
  }
  const reference = randomUUID().slice(0, 8);
  logger.error({ ...about, reference, err: cause }, 'an error that nobody expected');
  return new CrosspointError('internal', { reference }, { cause });
}

/** Headers that go with an error. `Retry-After` in seconds. */
function errorHeaders(error: CrosspointError): Record<string, string> {
  return {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(error.status === 401 ? { 'www-authenticate': 'Bearer realm="crosspoint"' } : {}),
    ...(error.code === 'too_many_requests' ? { 'retry-after': String(error.values.seconds ?? 1) } : {}),
    ...(error.status === 503 ? { 'retry-after': '1' } : {}),
  };
}

/** Answers on the outer server, where there is no `Response`. */
export function sendError(
  response: ServerResponse,
  error: CrosspointError,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(error.status, { ...errorHeaders(error), ...headers });
  response.end(JSON.stringify(error.toBody()));
}
