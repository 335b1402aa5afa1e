import { createHash } from 'node:crypto';
import type { CacheKey } from '../v1/types.ts';
import { canonicalBody } from './canonical-json.ts';

const mostKnown = 1_000;

/**
 * Which answers may stand for each other: SHA-256 over tenant, seed, path and the canonical body. The canonical form of a
 * body that came in the same bytes before is not made again: it is most of the work.
 */
export class AnswerKeys {
  /** By the digest of the bytes, least recently used first. */
  readonly #known = new Map<string, string>();

  keyOf({ userId, path, body, options }: CacheKey): string {
    // As JSON, so that no part can be moved into the next one.
    const place = JSON.stringify([userId, options.seed, 'POST', path]);
    const bytes = createHash('sha256')
      .update(JSON.stringify([place, options.ignoreKeys]))
      .update(body)
      .digest('base64');
    const key = this.#known.get(bytes) ?? sha256(place, canonicalBody(body.toString(), options.ignoreKeys));
    this.#known.delete(bytes);
    this.#known.set(bytes, key);
    if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value as string);
    return key;
  }
}

/** The key of one slot of a bucket. */
export function slotKey(key: string, bucket: number): string {
  return `${key}:${bucket}`;
}

function sha256(place: string, body: string): string {
  return createHash('sha256').update(place).update('\n').update(body).digest('base64');
}
