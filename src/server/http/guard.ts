import type { IncomingMessage } from 'node:http';
import { CrosspointError } from '#protocol/errors.ts';

/**
 * The checks that come before anybody is asked who they are. They look at raw headers and at the raw path, outside of the
 * framework: SvelteKit routes by the path of a URL that it builds from the Host header, so that `Host: a/api/models?`
 * would reach another address than the one that was checked (the cause of CVE-2026-48710).
 */
export interface Origins {
  /** `localhost:3210`, `127.0.0.1:3210`, `[::1]:3210`. */
  hosts: ReadonlySet<string>;
  /** The same with `http://`. */
  origins: ReadonlySet<string>;
  /** The one that is printed. */
  canonicalHost: string;
}

/** The names this server answers to. A name that an attacker points at 127.0.0.1 is not among them (DNS rebinding). */
export function originsOf(host: string, port: number): Origins {
  const names = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host)]);
  const hosts = new Set(
    [...names].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])),
  );
  const shown = ['127.0.0.1', '::1', 'localhost'].includes(host) ? 'localhost' : bracketed(host);
  return {
    hosts,
    origins: new Set([...hosts].map((name) => `http://${name}`)),
    canonicalHost: port === 80 ? shown : `${shown}:${port}`,
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host.toLowerCase();
}

/** @throws `misdirected` unless there is exactly one Host header, and it is byte for byte one of ours */
export function checkHost(request: IncomingMessage, { hosts, canonicalHost }: Origins): void {
  const { rawHeaders } = request;
  let [count, given] = [0, ''];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== hostName.length || name.toLowerCase() !== hostName) continue;
    count++;
    given = rawHeaders[at + 1] as string;
  }
  if (count !== 1 || !hosts.has(given)) throw new CrosspointError('misdirected', { host: canonicalHost });
}

const hostName = 'host';

/** What a path may consist of. Encoded slashes, dots and control characters are read differently by different parsers. */
const pathCharacters = /^\/(?!\/)[A-Za-z0-9/._~!$&'()*+,;=:@%-]*$/;
const ambiguous = /%(?:2[ef]|5c|25|[01][0-9a-f]|7f)|(?:^|\/)\.{1,2}(?:\/|$)|\/\//i;

/** The path, as routes and checks both use it. @throws `not_found` for one that two parsers could read differently */
export function readPath(request: IncomingMessage): string {
  const target = request.url ?? '';
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  if (!pathCharacters.test(path) || ambiguous.test(path) || target.includes('#') || !isDecodable(path))
    throw new CrosspointError('not_found', { what: 'address' });
  return path;
}

function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Set membership, never a pattern. A browser sends `Origin` with everything but a plain GET, and `Sec-Fetch-Site` with all;
 * what is no browser sends neither.
 * @param isPage following a link to the page from elsewhere is no attack: the page is open and cannot be framed
 * @throws `forbidden_origin` for a request that a page of another site, or of another port, made
 */
export function checkOrigin(request: IncomingMessage, { origins }: Origins, isPage: boolean): void {
  const {
    origin,
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': destination,
  } = request.headers;
  if (origin !== undefined && !origins.has(origin)) throw new CrosspointError('forbidden_origin');
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  const followsLink = isPage && mode === 'navigate' && destination === 'document';
  if (!followsLink) throw new CrosspointError('forbidden_origin');
}

/** `text/plain` and form types are what a foreign page may send without asking first, so only these are taken. */
const bodyTypes = {
  json: /^application\/json(?:\s*;\s*charset=utf-?8)?\s*$/i,
  bytes: /^application\/octet-stream$/i,
};
export type BodyType = keyof typeof bodyTypes;

/**
 * @param limit bytes of a body; 0 where none is read
 * @throws `unsupported_media_type`, `too_large` (by the announced length; the rest is counted while it is read)
 */
export function checkBody(request: IncomingMessage, limit: number, takes: BodyType = 'json'): void {
  const { 'content-length': length, 'transfer-encoding': encoding, 'content-type': type } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (Number(length ?? 0) > limit || (limit === 0 && encoding !== undefined)) throw tooLarge(limit);
  if (request.headers['content-encoding'] !== undefined) throw new CrosspointError('unsupported_media_type');
  const mayLackType = !hasBody && type === undefined;
  if (limit > 0 && !mayLackType && !bodyTypes[takes].test(type ?? ''))
    throw new CrosspointError('unsupported_media_type');
}

export function tooLarge(limit: number): CrosspointError {
  return new CrosspointError('too_large', { limit: limit === 0 ? 'an empty body' : sizeOf(limit) });
}

function sizeOf(bytes: number): string {
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${kilobytes} KB` : `${kilobytes / 1024} MB`;
}
