import { CrosspointError } from '#protocol/errors.ts';
import { classifyError, impliedStatus } from './errors/classify-error.ts';
import { errorFacts, parseOrText, type ErrorFacts } from './errors/error-facts.ts';
import { shortDetail } from './errors/redact.ts';
import { isStreamRefusal } from './errors/stream-refusal.ts';
import { isHeliconeFailure, providerDetail } from './upstreams/helicone-failure.ts';
import type { UpstreamRequest, UpstreamResponse } from './upstreams/upstream.ts';

/** Of an error body; the rest is not read. */
const maxErrorBytes = 65_536;

export interface ResponseFailure {
  error: CrosspointError;
  /** Redacted, for the log. */
  detail: string;
  heliconeFault: boolean;
  /** The provider takes the same request without streaming. */
  streamRefused?: true;
}

/** Who was asked, as far as a failure is concerned. */
export type AskedUpstream = Pick<UpstreamRequest, 'route' | 'streams' | 'secrets' | 'subject'>;

type RefusedAnswer = Omit<UpstreamResponse, 'body'> & {
  body: UpstreamResponse['body'] | Iterable<Uint8Array>;
};

/** The typed error of an answer that is none of a model: a redirect, a refusal, a failure, or something else altogether. */
export async function responseFailure(
  upstream: AskedUpstream,
  response: RefusedAnswer,
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
  if (status < 400) return unexpectedAnswer(upstream);
  const inner = heliconeFault ? null : providerDetail(body);
  const facts: ErrorFacts = inner ? { message: inner.message, kind: '' } : errorFacts(body);
  const told = inner?.status ?? status;
  const streamRefused = upstream.streams && !heliconeFault && isStreamRefusal(told, facts);
  return {
    ...failureOf(told, facts, upstream, heliconeFault),
    heliconeFault,
    ...(streamRefused ? { streamRefused } : {}),
  };
}

/** The typed error of an error event inside a stream. */
export function streamFailure(facts: ErrorFacts, upstream: AskedUpstream): ResponseFailure {
  return { ...failureOf(impliedStatus(facts), facts, upstream, false), heliconeFault: false };
}

function failureOf(status: number, facts: ErrorFacts, upstream: AskedUpstream, heliconeFault: boolean) {
  const detail = shortDetail(facts.message, upstream.secrets) || `status ${status}`;
  const subject = heliconeFault
    ? { ...upstream.subject, provider: 'Helicone', variable: 'HELICONE_API_KEY' }
    : upstream.subject;
  return { error: classifyError(status, facts, detail, subject), detail };
}

/** 200, but a page of whatever answers at this address. */
function unexpectedAnswer(upstream: AskedUpstream): ResponseFailure {
  const error = new CrosspointError('provider_protocol', { provider: upstream.subject.provider });
  return { error, detail: 'the answer is neither an event stream nor JSON', heliconeFault: false };
}

/**
 * How the answer of a model comes; null for an answer that is none. A server that cannot stream this, such as older local
 * ones with tools, gives it whole though asked for a stream, and one that names no type is taken at the word of the request.
 */
export function answerForm(
  { status, headers }: { status: number; headers: { 'content-type'?: string | undefined } },
  { streams }: Pick<UpstreamRequest, 'streams'>,
): 'stream' | 'whole' | null {
  const type = headers['content-type'] ?? '';
  if (status < 200 || status >= 300 || /html|xml/i.test(type)) return null;
  if (/event-stream/i.test(type)) return 'stream';
  return /json/i.test(type) || !streams ? 'whole' : 'stream';
}

async function readText(response: RefusedAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxErrorBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxErrorBytes).toString('utf8');
}
