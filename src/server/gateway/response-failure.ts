import { CrosspointError } from '#protocol/errors.ts';
import { classifyError, impliedStatus } from './errors/classify-error.ts';
import { errorFacts, parseOrText, type ErrorFacts } from './errors/error-facts.ts';
import { shortDetail } from './errors/redact.ts';
import { isHeliconeFailure, providerDetail } from './upstreams/helicone-failure.ts';
import type { UpstreamRequest, UpstreamResponse } from './upstreams/upstream.ts';

/** Of an error body; the rest is not read. */
const maxErrorBytes = 65_536;

export interface ResponseFailure {
  error: CrosspointError;
  /** Redacted, for the log. */
  detail: string;
  heliconeFault: boolean;
}

/** The typed error of an answer that is not a stream: a redirect, a refusal, a failure, or something else altogether. */
export async function responseFailure(
  upstream: UpstreamRequest,
  response: UpstreamResponse,
): Promise<ResponseFailure> {
  const { status, headers } = response;
  const { provider } = upstream.subject;
  if (status >= 300 && status < 400) {
    response.release();
    return {
      error: new CrosspointError('provider_redirect', { provider }),
      detail: '',
      heliconeFault: false,
    };
  }
  const body = parseOrText(await readText(response));
  const throughHelicone = upstream.route.startsWith('helicone');
  const heliconeFault = throughHelicone && isHeliconeFailure(status, headers, body);
  if (status < 400) return unexpectedAnswer(upstream, body);
  const inner = heliconeFault ? null : providerDetail(body);
  const facts: ErrorFacts = inner ? { message: inner.message, kind: '' } : errorFacts(body);
  return {
    ...failureOf(inner?.status ?? status, facts, upstream, heliconeFault),
    heliconeFault,
  };
}

/** The typed error of an error event inside a stream. */
export function streamFailure(facts: ErrorFacts, upstream: UpstreamRequest): ResponseFailure {
  return { ...failureOf(impliedStatus(facts), facts, upstream, false), heliconeFault: false };
}

function failureOf(status: number, facts: ErrorFacts, upstream: UpstreamRequest, heliconeFault: boolean) {
  const detail = shortDetail(facts.message, upstream.secrets) || `status ${status}`;
  const subject = heliconeFault
    ? { ...upstream.subject, provider: 'Helicone', variable: 'HELICONE_API_KEY' }
    : upstream.subject;
  return { error: classifyError(status, facts, detail, subject), detail };
}

/** 200, but not a stream: an error object of a careless server, or a page of whatever answers at this address. */
function unexpectedAnswer(upstream: UpstreamRequest, body: unknown): ResponseFailure {
  const hasError = typeof body === 'object' && body !== null && 'error' in body && body.error;
  if (hasError) return streamFailure(errorFacts(body), upstream);
  const error = new CrosspointError('provider_protocol', { provider: upstream.subject.provider });
  return { error, detail: 'the answer is not an event stream', heliconeFault: false };
}

/** Whether the answer should be read as a stream; servers that name no type are given the benefit of the doubt. */
export function isStream({ status, headers }: UpstreamResponse): boolean {
  const type = headers['content-type'] ?? '';
  return status >= 200 && status < 300 && !/json|html|xml/i.test(type);
}

async function readText(response: UpstreamResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxErrorBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxErrorBytes).toString('utf8');
}
