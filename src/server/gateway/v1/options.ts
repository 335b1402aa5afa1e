import type { IncomingHttpHeaders } from 'node:http';
import { CrosspointError } from '#protocol/errors.ts';
import { timeOrderedId } from '../ledger/attempt-id.ts';
import { readFallbacks } from './fallbacks.ts';
import { readPolicy } from './rate-limit-policy.ts';
import type { CacheOptions, CallOptions, RetryOptions } from './types.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const sessionHeaders = [
  ['id', 'helicone-session-id'],
  ['path', 'helicone-session-path'],
  ['name', 'helicone-session-name'],
] as const;
const propertyPrefix = 'helicone-property-';
/** Seconds. */
const ttl = { usual: 604_800, longest: 31_536_000 };
const largestBucket = 20;
/** Characters of a value that is kept in the ledger. */
const longestValue = 500;

/**
 * What the headers of a call ask for, with their documented meaning (docs.helicone.ai/helicone-headers/header-directory),
 * also where Helicone's own worker reads them otherwise.
 * @throws CrosspointError `bad_request` for a header that cannot be meant
 */
export function readOptions(headers: IncomingHttpHeaders): CallOptions {
  const id = one(headers, 'helicone-request-id');
  const policy = one(headers, 'helicone-ratelimit-policy');
  const fallbacks = one(headers, 'helicone-fallbacks');
  return {
    requestId: id && uuid.test(id) ? id.toLowerCase() : timeOrderedId(),
    endUser: short(one(headers, 'helicone-user-id')) ?? null,
    session: readSession(headers),
    properties: readProperties(headers),
    cache: readCache(headers),
    rateLimit: policy === undefined ? null : readPolicy(policy),
    retry: readRetry(headers),
    fallbacks: fallbacks === undefined ? null : readFallbacks(fallbacks),
    modelOverride: one(headers, 'helicone-model-override') ?? null,
    omitRequest: isTrue(one(headers, 'helicone-omit-request')),
    omitResponse: isTrue(one(headers, 'helicone-omit-response')),
  };
}

function readSession(headers: IncomingHttpHeaders): CallOptions['session'] {
  const session: CallOptions['session'] = {};
  for (const [name, header] of sessionHeaders) {
    const value = short(one(headers, header));
    if (value !== undefined) session[name] = value;
  }
  return session;
}

function readProperties(headers: IncomingHttpHeaders): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const name in headers) {
    if (!name.startsWith(propertyPrefix)) continue;
    const value = short(one(headers, name));
    const property = name.slice(propertyPrefix.length);
    if (value !== undefined && property) properties[property] = value;
  }
  return properties;
}

function readCache(headers: IncomingHttpHeaders): CacheOptions | null {
  const both = isTrue(one(headers, 'helicone-cache-enabled'));
  const read = both || isTrue(one(headers, 'helicone-cache-read'));
  const write = both || isTrue(one(headers, 'helicone-cache-save'));
  if (!read && !write) return null;
  const control = one(headers, 'cache-control') ?? '';
  return {
    read: read && !/\bno-cache\b/i.test(control),
    write: write && !/\bno-store\b/i.test(control),
    ttl: readTtl(control),
    bucketSize: readBucketSize(one(headers, 'helicone-cache-bucket-max-size')),
    seed: one(headers, 'helicone-cache-seed') ?? '',
    ignoreKeys: readIgnoreKeys(one(headers, 'helicone-cache-ignore-keys') ?? ''),
  };
}

/** `s-maxage` goes before `max-age`. */
function readTtl(control: string): number {
  const seconds = /\bs-maxage=(\d+)/i.exec(control)?.[1] ?? /\bmax-age=(\d+)/i.exec(control)?.[1];
  return seconds === undefined ? ttl.usual : Math.min(Number(seconds), ttl.longest);
}

function readBucketSize(text = '1'): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= largestBucket) return size;
  throw wrong(`Helicone-Cache-Bucket-Max-Size is a whole number from 1 to ${largestBucket}.`);
}

/** `a,b` as documented, and `"a","b"` as the worker wants it. */
function readIgnoreKeys(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .filter((name) => name !== '');
}

/** The number is that of all tries. @throws CrosspointError `bad_request` for numbers that make no sense */
function readRetry(headers: IncomingHttpHeaders): RetryOptions | null {
  const enabled = one(headers, 'helicone-retry-enabled');
  if (enabled === undefined || /^(?:false|0|off|no)$/i.test(enabled.trim())) return null;
  const read = (name: string, usual: number) => Number(one(headers, `helicone-retry-${name}`) ?? usual);
  const retry = {
    tries: read('num', 5),
    factor: read('factor', 2),
    minMs: read('min-timeout', 1_000),
    maxMs: read('max-timeout', 10_000),
  };
  const isSensible =
    Number.isInteger(retry.tries) &&
    retry.tries >= 1 &&
    retry.tries <= 20 &&
    retry.factor >= 1 &&
    retry.minMs >= 0;
  if (isSensible && retry.factor <= 100 && retry.maxMs >= retry.minMs && retry.maxMs <= 300_000) return retry;
  throw wrong(
    'helicone-retry-num is 1 to 20 tries, -factor 1 to 100, and -min-timeout and -max-timeout are milliseconds up to 300000, the first at most the second.',
  );
}

function one(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function short(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text ? text.slice(0, longestValue) : undefined;
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && value.trim().toLowerCase() === 'true';
}

function wrong(detail: string): CrosspointError {
  return new CrosspointError('bad_request', { detail });
}
