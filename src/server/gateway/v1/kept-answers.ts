import { randomUUID } from 'node:crypto';
import type { Call } from './call.ts';
import { costHeader } from './client-sink.ts';
import { KeptBytes } from './kept-bytes.ts';
import type { CachedAnswer, CacheKey, CacheOptions, CacheLookup, ResponseCache } from './types.ts';

/** Who makes an answer that others may get too. */
export type Leader = Extract<CacheLookup, { kind: 'leader' }>;

const alone: Leader = { kind: 'leader', store: () => Promise.resolve(), giveUp: () => undefined };

/**
 * Looks whether the same was answered before, or is being answered.
 * @returns null when the client has its answer; else what is to be told of the one that is made now
 */
export function fromCache(call: Call): Leader | Promise<Leader | null> {
  const { cache } = call.parts;
  return cache && call.options.cache ? lookedUp(call, cache, call.options.cache) : alone;
}

async function lookedUp(call: Call, cache: ResponseCache, options: CacheOptions): Promise<Leader | null> {
  const { caller, top, exchange } = call;
  const key = { userId: caller.userId, path: exchange.path, body: top.body, options };
  const found = await answerOrLead(cache, key, call.signal);
  if (found.kind === 'hit') return hit(call, found.answer, found.bucket);
  if (options.read) exchange.headers.push(['Helicone-Cache', 'MISS']);
  if (options.write) call.keep = new KeptBytes();
  return found;
}

/** When the one who was waited for came to nothing, one of those who waited leads, and the others wait for that one. */
async function answerOrLead(
  cache: ResponseCache,
  key: CacheKey,
  signal: AbortSignal,
): Promise<Exclude<CacheLookup, { kind: 'follower' }>> {
  for (;;) {
    signal.throwIfAborted();
    const found = await cache.lookup(key, signal);
    if (found.kind !== 'follower') return found;
    const answer = await found.answer;
    if (answer) return { kind: 'hit', answer, bucket: 0 };
  }
}

function hit(call: Call, answer: CachedAnswer, bucket: number): null {
  const { exchange } = call;
  const { status, contentType, body, usage } = answer;
  exchange.noted = { ...exchange.noted, model: call.model, outcome: 'hit' };
  exchange.head(status, [
    ['content-type', contentType],
    ['content-length', String(body.length)],
    ['Helicone-Cache', 'HIT'],
    ['Helicone-Cache-Bucket-Idx', String(bucket)],
    ['Helicone-Provider', usage.provider],
    ['Crosspoint-Attempts', '0'],
    [costHeader, '0'],
  ]);
  exchange.response.end(body);
  record(call, answer);
  return null;
}

/** In the background: the answer is already with the client. */
function record({ parts, exchange, options, caller, context, facts }: Call, { usage }: CachedAnswer): void {
  const { requestId } = options;
  const row = {
    id: randomUUID(),
    requestId,
    userId: caller.userId,
    threadId: context.threadId,
    runId: context.runId,
    provider: usage.provider,
    model: usage.model,
    timestamp: new Date(parts.clock.now()).toISOString(),
    latencyMs: performance.now() - exchange.startedAt,
    savedUsd: usage.costUsd,
    ...facts,
    endpoint: null,
  };
  parts.ledger.recordHit(row).catch((cause: unknown) => {
    parts.logger.error({ requestId, err: cause }, 'a cache hit was not recorded');
  });
}

/** Keeps an answer for later; the last attempt made it. */
export async function keepAnswer(call: Call, leader: Leader, whole: Buffer | undefined): Promise<void> {
  const usage = call.usages.at(-1);
  const body = whole ?? call.keep?.body();
  if (!usage || !body) return leader.giveUp();
  const contentType = whole ? 'application/json' : (call.keep?.contentType ?? '');
  await leader.store({ status: 200, contentType, body, usage });
}
