import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { request, type Agent, type Dispatcher } from 'undici';
import { htmlToText } from '../html/to-text.ts';
import { readCapped } from '#server/read-capped.ts';
import { webUrl } from '../result-url.ts';
import type { PageAnswer } from '../types.ts';
import { WebError } from '../web-error.ts';
import { guardedAgent, systemNetwork, type Network } from './guarded-agent.ts';

const maxRedirects = 5;
/** Of a page as it comes, and unpacked. */
const maxBytes = 4 * 1024 * 1024;
const deadlineMs = 30_000;
const connectMs = 10_000;

export interface PageFetcherOptions {
  deadlineScale: number;
  version: string;
  network?: Network;
}

/** Reads a page for search engines that do not do it. */
export type FetchPage = (url: string, signal: AbortSignal) => Promise<PageAnswer>;

/**
 * Fetches public pages as nobody: no cookies, no credentials, no referrer, ports 80 and 443, texts only, with limits of size
 * and time. Each redirect is checked like the first address.
 */
export function createPageFetcher(options: PageFetcherOptions): FetchPage {
  const { deadlineScale, version } = options;
  const network = options.network ?? systemNetwork(connectMs * deadlineScale);
  const headers = {
    'user-agent': `Crosspoint/${version} (reads single pages for a person)`,
    accept: 'text/html,application/xhtml+xml,text/*;q=0.9,application/json;q=0.8,application/xml;q=0.7',
    'accept-encoding': 'gzip, deflate, br',
  };
  return async (url, signal) => {
    const agent = guardedAgent(network);
    const deadline = AbortSignal.timeout(Math.ceil(deadlineMs * deadlineScale));
    try {
      return await follow(url, { agent, headers, signal: AbortSignal.any([signal, deadline]) });
    } catch (cause) {
      signal.throwIfAborted();
      throw asWebError(url, deadline.aborted, cause);
    } finally {
      await agent.destroy();
    }
  };
}

interface Fetching {
  agent: Agent;
  headers: Record<string, string>;
  signal: AbortSignal;
}

async function follow(first: string, fetching: Fetching): Promise<PageAnswer> {
  let url = first;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    assertUsualPort(url);
    const { agent, headers, signal } = fetching;
    const response = await request(url, {
      dispatcher: agent,
      headers,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const next = redirectOf(url, response);
    if (next === null) return readPage(url, response);
    response.body.on('error', () => undefined).destroy();
    url = next;
  }
  throw new WebError(
    'no_page',
    `${named(first)} redirects more than ${maxRedirects} times. Try another source.`,
  );
}

function assertUsualPort(address: string): void {
  // A port that is the scheme's own is not written in a URL.
  if (new URL(address).port === '') return;
  throw new WebError('refused', `Only the ports 80 and 443 are read, not that of ${named(address)}.`);
}

function redirectOf(url: string, { statusCode, headers }: Dispatcher.ResponseData): string | null {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return null;
  const location = headers.location;
  if (typeof location !== 'string') return null;
  const next = URL.canParse(location, url) ? webUrl(new URL(location, url).href) : null;
  if (next === null)
    throw new WebError('no_page', `${named(url)} redirects to what is no web address. Try another source.`);
  return next;
}

async function readPage(url: string, response: Dispatcher.ResponseData): Promise<PageAnswer> {
  const { statusCode, headers, body } = response;
  body.on('error', () => undefined);
  const type = String(headers['content-type'] ?? 'text/plain').toLowerCase();
  if (statusCode !== 200 || !isText(type)) {
    body.destroy();
    const why = statusCode === 200 ? `is ${typeName(type)}, not text` : `answers with ${statusCode}`;
    throw new WebError('no_page', `${named(url)} ${why}. Try another source.`, { status: statusCode });
  }
  const packed = await readCapped(body, maxBytes);
  const bytes = packed && (await unpack(packed, headers['content-encoding']));
  if (!bytes)
    throw new WebError(
      'no_page',
      `${named(url)} is larger than ${maxBytes / 1024 / 1024} MB. Try another source.`,
    );
  const text = decode(bytes, type);
  const spent = { costUsd: 0, estimated: false };
  if (!/html/.test(type)) return { url, title: url, text, requestId: null, spent };
  const page = htmlToText(text, url);
  return {
    url,
    title: page.title || url,
    ...(page.publishedAt ? { publishedAt: page.publishedAt } : {}),
    text: page.text,
    requestId: null,
    spent,
  };
}

/** A redirect is the page's own word: no more of it stands in a sentence than a person would read. */
const named = (url: string) => (url.length > 120 ? `${url.slice(0, 120)}…` : url);
const typeName = (type: string) => /^[\w/+.-]{1,60}/.exec(type)?.[0] ?? 'of no known type';

function isText(type: string): boolean {
  return /^(?:text\/|application\/(?:[a-z0-9.-]+\+)?(?:json|xml|xhtml|javascript|yaml|toml)\b)/.test(type);
}

const unpackers = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
};

/** null: it grows over the limit. */
async function unpack(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer | null> {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase();
  if (name === 'identity' || name === '') return bytes;
  const unpacker = unpackers[name as keyof typeof unpackers] as (typeof unpackers)['gzip'] | undefined;
  if (!unpacker)
    throw new WebError('no_page', `The page is packed as "${name.slice(0, 40)}". Try another source.`);
  try {
    return await unpacker(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw new WebError('no_page', 'The page is packed in a way that cannot be read. Try another source.', {
      cause,
    });
  }
}

function decode(bytes: Buffer, type: string): string {
  const declared =
    /charset\s*=\s*"?([\w-]+)/.exec(type)?.[1] ??
    /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)/i.exec(bytes.subarray(0, 2_048).toString('latin1'))?.[1];
  try {
    return new TextDecoder(declared ?? 'utf-8').decode(bytes);
  } catch (cause) {
    // A charset that nobody knows.
    if (cause instanceof RangeError) return bytes.toString('utf8');
    throw cause;
  }
}

function asWebError(url: string, isLate: boolean, cause: unknown): WebError {
  if (cause instanceof WebError) return cause;
  const { host } = new URL(url);
  if (isLate)
    return new WebError('timeout', `${host} did not answer in time. Try another source.`, { cause });
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return new WebError(
    'unreachable',
    `${host} cannot be reached${/^[A-Z_]+$/.test(code) ? ` (${code})` : ''}. Try another source.`,
    { cause },
  );
}
