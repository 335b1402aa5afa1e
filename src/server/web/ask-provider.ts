import { setTimeout as sleep } from 'node:timers/promises';
import { parseOrText } from '#server/gateway/errors/error-facts.ts';
import { shortDetail } from '#server/gateway/errors/redact.ts';
import { readRetryAfter } from '#server/gateway/routing/retry.ts';
import { readCapped } from '#server/read-capped.ts';
import { WebError, type WebErrorKind } from './web-error.ts';

/** Of an answer. Twenty results with long excerpts have some hundred kilobytes, a long page a few megabytes. */
const maxAnswerBytes = 8 * 1024 * 1024;
/** A limit of the rate that ends this soon is waited for, once. */
const longestWaitMs = 5_000;

/** Whom a request goes to, and what a person changes when that does not work. */
export interface Asked {
  label: string;
  /** Never shown, whatever the provider sends back. */
  key: string | null;
  /** e.g. `TAVILY_API_KEY` */
  keyVariable: string;
  /** e.g. `TAVILY_BASE_URL` */
  urlVariable: string;
  /** Milliseconds for the whole answer. */
  deadlineMs: number;
}

export interface ProviderRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** Sent as JSON. */
  body?: Record<string, unknown>;
}

export interface ProviderAnswer {
  status: number;
  headers: Record<string, string>;
  /** Parsed JSON, or the text when it is none. */
  body: unknown;
}

/** What a status means where a provider means something of its own by it; null: what it usually means. */
export type ReadFailure = (answer: ProviderAnswer) => WebError | null;

/**
 * One request to a search engine. Redirects are never followed: the key belongs to this address. Too many requests
 * (429) are tried once more when the provider says that a short wait is enough.
 * @throws {WebError}, or the signal's reason
 */
export async function askProvider(
  asked: Asked,
  request: ProviderRequest,
  signal: AbortSignal,
  readFailure: ReadFailure = () => null,
): Promise<ProviderAnswer> {
  const first = await attempt(asked, request, signal);
  if (first.status === 200) return first;
  const failure = readFailure(first) ?? usualFailure(asked, first);
  const { kind, retryAfterMs } = failure;
  if (kind !== 'rate' || retryAfterMs === null || retryAfterMs > longestWaitMs) throw failure;
  await sleep(retryAfterMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  const second = await attempt(asked, request, signal);
  if (second.status === 200) return second;
  throw readFailure(second) ?? usualFailure(asked, second);
}

async function attempt(asked: Asked, request: ProviderRequest, signal: AbortSignal): Promise<ProviderAnswer> {
  const deadline = AbortSignal.timeout(Math.ceil(asked.deadlineMs));
  const { url, method, headers, body } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
      redirect: 'error',
      signal: AbortSignal.any([signal, deadline]),
    });
    const bytes = await readCapped(response.body, maxAnswerBytes);
    if (!bytes)
      throw new WebError(
        'bad_response',
        `The answer of ${asked.label} was larger than allowed. Ask for less.`,
        {
          status: response.status,
        },
      );
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: parseOrText(bytes.toString('utf8')),
    };
  } catch (cause) {
    signal.throwIfAborted();
    throw connectionFailure(asked, deadline.aborted, cause);
  }
}

function connectionFailure(asked: Asked, isLate: boolean, cause: unknown): WebError {
  if (cause instanceof WebError) return cause;
  const { label, urlVariable } = asked;
  if (isLate)
    return new WebError('timeout', `${label} did not answer in time. Try again, or go on without it.`, {
      cause,
    });
  const { message = '', code = '' } = ((cause as Error).cause ?? {}) as { message?: string; code?: string };
  if (/redirect/.test(message))
    return new WebError(
      'bad_response',
      `${label} answered with a redirect, which is never followed. A person has to correct ${urlVariable}.`,
      { cause },
    );
  const why = shortDetail(code || message, [asked.key]);
  return new WebError(
    'unreachable',
    `${label} cannot be reached${why ? ` (${why})` : ''}. Go on without it; a person can check the network and ${urlVariable}.`,
    { cause },
  );
}

const kinds: Record<number, WebErrorKind> = {
  400: 'bad_request',
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'bad_response',
  422: 'bad_request',
  429: 'rate',
};

/** What the status says by itself, with the provider's own words. */
export function usualFailure(asked: Asked, answer: ProviderAnswer, kind?: WebErrorKind): WebError {
  const { status, headers } = answer;
  const meant = kind ?? kinds[status] ?? (status >= 400 && status < 500 ? 'bad_request' : 'bad_response');
  const retryAfterMs = readRetryAfter(headers, Date.now());
  const words = shortDetail(wordsOf(answer.body), [asked.key]);
  return new WebError(meant, sentence(asked, meant, answer.status, words, retryAfterMs), {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function sentence(
  { label, keyVariable, urlVariable }: Asked,
  kind: WebErrorKind,
  status: number,
  words: string,
  retryAfterMs: number | undefined,
): string {
  const said = words ? ` It says: ${words}` : '';
  const wait = retryAfterMs === undefined ? 'a while' : `${Math.ceil(retryAfterMs / 1_000)} s`;
  switch (kind) {
    case 'auth':
      return `${label} refused the key (${status}). Go on without the web; a person has to correct ${keyVariable}.${said}`;
    case 'quota':
      return `${label} says that the plan's limit is reached (${status}). Do not ask it again; a person can raise the limit there.${said}`;
    case 'rate':
      return `${label} limits the rate (${status}). Wait ${wait}, or go on without it.${said}`;
    case 'bad_request':
      return `${label} refused the request (${status}). Ask for something else.${said}`;
    default:
      return `${label} answered with ${status}. Try again once, or go on without it; if it stays so, a person can check ${urlVariable}.${said}`;
  }
}

/** `{detail: {error}}`, `{error: {message | detail}}`, `{error}`, `{message}`, or the text itself. */
function wordsOf(body: unknown): string {
  if (typeof body === 'string') return /^\s*</.test(body) ? '' : body;
  if (typeof body !== 'object' || body === null) return '';
  const { detail, error, message } = body as Record<string, unknown>;
  for (const part of [detail, error, message]) {
    if (typeof part === 'string') return part;
    if (typeof part === 'object' && part !== null) return wordsOf(part);
  }
  return '';
}
