import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import { DeadlineError } from './limits/deadlines.ts';
import type { UpstreamRequest } from './upstreams/upstream.ts';

const connectTimeout = 'UND_ERR_CONNECT_TIMEOUT';
/** What is sent or received does not keep to HTTP. */
const brokenHttp = /^(HPE_|UND_ERR_(INVALID_ARG|REQ_CONTENT|RES_|HEADERS_OVERFLOW|NOT_SUPPORTED))/;

/**
 * The typed error of a failure below the answer: no connection, a deadline, a socket that closed.
 * @param answered whether the head of a 200 had arrived: what breaks after it is a cut stream
 */
export function connectionFailure(
  cause: unknown,
  upstream: Pick<UpstreamRequest, 'subject'>,
  answered: boolean,
): CrosspointError {
  const { provider } = upstream.subject;
  if (cause instanceof CrosspointError) return namedAs(provider, cause);
  if (cause instanceof DeadlineError)
    return new CrosspointError('provider_timeout', { provider, phase: cause.phase }, { cause });
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === connectTimeout)
    return new CrosspointError('provider_timeout', { provider, phase: 'connection' }, { cause });
  return new CrosspointError(codeOf(String(code ?? ''), answered), { provider }, { cause });
}

/** A wire knows its provider by its id only: a person reads its name. */
export function namedAs(provider: string, error: CrosspointError): CrosspointError {
  const { code, values } = error;
  if (values.provider === undefined || values.provider === provider) return error;
  return new CrosspointError(code, { ...values, provider }, { cause: error });
}

function codeOf(code: string, answered: boolean): ErrorCode {
  if (brokenHttp.test(code)) return 'provider_protocol';
  return answered ? 'provider_stream_cut' : 'provider_unreachable';
}
