import type { CacheKey, CachedAnswer, CacheLookup, CacheOptions, ResponseCache } from '../v1/types.ts';
import { AnswerKeys, slotKey } from './answer-key.ts';
import { openAnswerFile, type AnswerFile } from './answer-file.ts';
import { InFlight } from './in-flight.ts';
import { MemoryAnswers, type KeptAnswer } from './memory-answers.ts';
import type { CacheSettings } from './settings.ts';

export interface ResponseCacheOptions {
  /** A file (usually `cache.db` in the data directory), or `:memory:`. */
  path: string;
  /** As they are now. */
  bounds: () => CacheSettings;
  /** Of the answers that are held in memory too. Default 32 MiB. */
  memoryBytes?: number;
  logger?: { warn(details: object, message: string): void };
  /** Epoch milliseconds. */
  now?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
}

export interface AnswerCache extends ResponseCache {
  /** Deletes everything of a user; what is on its way is not kept either. */
  deleteOf(userId: string): void;
  size(): { bytes: number; entries: number };
  /** Takes out what has ended. Runs by itself. */
  sweep(): void;
  close(): void;
}

const longestTtlSeconds = 31_536_000;
const largestBucket = 20;
const sweepAfterMs = 60_000;

/** The response cache. When it fails, it has nothing: it never fails a request, and it says so in the log once a minute. */
export function createResponseCache(options: ResponseCacheOptions): AnswerCache {
  return new FileBackedCache(options);
}

class FileBackedCache implements AnswerCache {
  readonly #file: AnswerFile | null;
  readonly #memory: MemoryAnswers<CachedAnswer>;
  readonly #keys = new AnswerKeys();
  readonly #inFlight = new InFlight();
  readonly #logger: ResponseCacheOptions['logger'];
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #sweeping: NodeJS.Timeout;
  #deletions = 0;
  #warnedAt = -Infinity;

  constructor(options: ResponseCacheOptions) {
    const { path, bounds, memoryBytes = 32 * 2 ** 20, logger } = options;
    this.#logger = logger;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#memory = new MemoryAnswers(memoryBytes);
    this.#file = this.#quietly(() => openAnswerFile(path, bounds)) ?? null;
    this.#sweeping = setInterval(() => this.sweep(), sweepAfterMs).unref();
    this.sweep();
  }

  async lookup(key: CacheKey, signal: AbortSignal): Promise<CacheLookup> {
    return this.#quietly(() => this.#lookup(key, signal)) ?? unkept;
  }

  deleteOf(userId: string): void {
    this.#deletions += 1;
    this.#memory.deleteOf(userId);
    this.#file?.deleteOf(userId);
  }

  size(): { bytes: number; entries: number } {
    return this.#file?.size() ?? { bytes: 0, entries: 0 };
  }

  sweep(): void {
    this.#quietly(() => this.#file?.sweep(this.#now()));
  }

  close(): void {
    clearInterval(this.#sweeping);
    this.#quietly(() => this.#file?.close());
  }

  #lookup(given: CacheKey, signal: AbortSignal): CacheLookup {
    const { options } = given;
    if (!this.#file) return unkept;
    const key = this.#keys.keyOf(given);
    const slots = slotsOf(key, options);
    if (!options.read) return this.#leader(given, key, slots, signal);
    const missing = slots.filter((slot) => !this.#has(slot)).length;
    if (!missing) {
      const bucket = Math.floor(this.#random() * slots.length);
      const kept = this.#get(slots[bucket] as string);
      if (kept) return { kind: 'hit', answer: kept.answer, bucket };
    }
    const answer = this.#inFlight.follow(key, Math.max(1, missing), signal);
    return answer ? { kind: 'follower', answer } : this.#leader(given, key, slots, signal);
  }

  /** A request that must not be stored, or wants a fresh answer, goes its own way: nobody waits for it. */
  #leader({ userId, options }: CacheKey, key: string, slots: string[], signal: AbortSignal): CacheLookup {
    const before = this.#deletions;
    const isShared = options.read && options.write;
    const end = isShared ? this.#inFlight.lead(key) : () => undefined;
    const leave = () => end(null);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    const done = (answer: CachedAnswer | null) => {
      signal.removeEventListener('abort', leave);
      end(answer);
    };
    const store = async (answer: CachedAnswer) => {
      const isWhole = answer.status >= 200 && answer.status < 300;
      if (isWhole && options.write && before === this.#deletions)
        this.#quietly(() => this.#keep(answer, userId, slots, options));
      done(isWhole ? answer : null);
    };
    return { kind: 'leader', store, giveUp: () => done(null) };
  }

  /** Into the first empty slot; a fresh answer that was asked for replaces the one that ends first. */
  #keep(answer: CachedAnswer, userId: string, slots: string[], options: CacheOptions): void {
    const ttlMs = Math.min(options.ttl, longestTtlSeconds) * 1_000;
    const slot = slots.find((one) => !this.#has(one)) ?? (options.read ? null : this.#firstToEnd(slots));
    if (!slot || !(ttlMs > 0)) return;
    const bytes = answer.body.byteLength;
    const kept = { answer, bytes, userId, expiresAt: this.#now() + ttlMs };
    this.#file?.put(slot, kept);
    this.#memory.set(slot, kept);
  }

  #firstToEnd(slots: string[]): string | null {
    const ends = slots.map((slot) => ({ slot, at: this.#file?.expiresAt(slot) ?? 0 }));
    return ends.sort((a, b) => a.at - b.at)[0]?.slot ?? null;
  }

  #has(slot: string): boolean {
    const now = this.#now();
    return this.#memory.get(slot, now) !== null || (this.#file?.expiresAt(slot) ?? 0) > now;
  }

  #get(slot: string): KeptAnswer<CachedAnswer> | null {
    const now = this.#now();
    const kept = this.#memory.get(slot, now) ?? this.#file?.get(slot, now) ?? null;
    if (!kept) return null;
    this.#memory.set(slot, kept);
    this.#file?.touch(slot);
    return kept;
  }

  #quietly<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (cause) {
      const now = this.#now();
      if (now - this.#warnedAt >= 60_000)
        this.#logger?.warn({ err: cause }, 'the response cache fails: requests go to the providers');
      this.#warnedAt = now;
      return undefined;
    }
  }
}

/** What a cache that keeps nothing says. */
const unkept: CacheLookup = { kind: 'leader', store: () => Promise.resolve(), giveUp: () => undefined };

function slotsOf(key: string, { bucketSize }: CacheOptions): string[] {
  const count = Math.min(largestBucket, Math.max(1, Math.floor(bucketSize) || 1));
  return Array.from({ length: count }, (_, bucket) => slotKey(key, bucket));
}
