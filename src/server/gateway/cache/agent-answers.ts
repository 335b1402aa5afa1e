import { randomUUID } from 'node:crypto';
import type { AssistantPart } from '#protocol/message.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { CacheHit, LedgerStore } from '#server/store/ledger.types.ts';
import { timeOrderedId } from '../ledger/attempt-id.ts';
import type { Gateway, ModelRequest, ModelStreamEvent, RequestContext } from '../types.ts';
import type { CachedAnswer, CacheKey, CacheLookup, CacheOptions, ResponseCache } from '../v1/types.ts';
import { canonicalJson } from './canonical-json.ts';

type Finished = Extract<ModelStreamEvent, { type: 'finished' }>;
/** What is kept of a finished answer beside its usage. */
type KeptAnswer = Omit<Finished, 'type' | 'usage'>;
/** Before the answer has ended: what it is now, and what it was the first time. */
type RecordHit = (usage: UsageEntry, first: UsageEntry) => Promise<void>;

const usual: Omit<CacheOptions, 'seed'> = {
  read: true,
  write: true,
  ttl: 604_800,
  bucketSize: 1,
  ignoreKeys: [],
};

/** A gateway whose callers may have kept answers, each of them that asks for it (`context.cacheAnswers`); the ledger tells of them. */
export function withKeptAnswers(
  gateway: Gateway,
  cache: ResponseCache,
  ledger: Pick<LedgerStore, 'recordHit'>,
): Gateway {
  return {
    stream(request, signal) {
      const { userId, cacheAnswers } = request.context;
      if (!cacheAnswers) return gateway.stream(request, signal);
      const options = { ...usual, ...cacheAnswers };
      const key = { userId, path: 'agent', body: bodyOf(request), options };
      const record = (usage: UsageEntry, first: UsageEntry) =>
        ledger.recordHit(hitOf(request.context, usage, first));
      return answered(() => gateway.stream(request, signal), cache, key, record, signal);
    },
    close: () => gateway.close(),
  };
}

async function* answered(
  ask: () => AsyncIterable<ModelStreamEvent>,
  cache: ResponseCache,
  key: CacheKey,
  record: RecordHit,
  signal: AbortSignal,
): AsyncGenerator<ModelStreamEvent> {
  const startedAt = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const lookup = await cache.lookup(key, signal);
    if (lookup.kind === 'leader') return yield* led(ask(), lookup);
    const answer = lookup.kind === 'hit' ? lookup.answer : await lookup.answer;
    if (answer) return yield* replay(answer, record, startedAt);
  }
}

/** Everything that decides on the answer, and nothing of who asks: the cache adds the user. */
function bodyOf({ context: _context, ...request }: ModelRequest): Buffer {
  return Buffer.from(canonicalJson(request));
}

/** Only an answer that is finished in its own words is kept: one that was cut at its limit or filtered may do better next time. */
async function* led(
  events: AsyncIterable<ModelStreamEvent>,
  { store, giveUp }: Extract<CacheLookup, { kind: 'leader' }>,
): AsyncGenerator<ModelStreamEvent> {
  try {
    for await (const event of events) {
      if (event.type !== 'finished') {
        yield event;
        continue;
      }
      const isWhole = event.reason === 'stop' || event.reason === 'tool-calls';
      if (isWhole && event.parts.length) await store(kept(event));
      yield { ...event, usage: { ...event.usage, cache: event.usage.cache ?? 'MISS' } };
    }
  } finally {
    giveUp();
  }
}

function kept({ type: _type, usage, ...answer }: Finished): CachedAnswer {
  const body = Buffer.from(JSON.stringify(answer satisfies KeptAnswer));
  return { status: 200, contentType: 'application/json', body, usage };
}

/** The events of an answer that comes at once. It costs nothing, and its tokens are those of the first time. */
async function* replay(
  { body, usage: first }: CachedAnswer,
  record: RecordHit,
  startedAt: number,
): AsyncGenerator<ModelStreamEvent> {
  const answer = JSON.parse(body.toString()) as KeptAnswer;
  yield { type: 'started', attempt: 1, route: 'cache' };
  for (const part of answer.parts) yield* deltasOf(part);
  const latencyMs = performance.now() - startedAt;
  const usage: UsageEntry = {
    ...first,
    timestamp: new Date().toISOString(),
    costUsd: 0,
    cache: 'HIT',
    latencyMs,
    ttftMs: latencyMs,
    attempt: 1,
    route: 'cache',
  };
  await record(usage, first);
  yield { type: 'finished', ...answer, usage };
}

function hitOf(
  { userId, threadId, runId, properties }: RequestContext,
  usage: UsageEntry,
  first: UsageEntry,
): CacheHit {
  const { provider, model, timestamp, latencyMs } = usage;
  return {
    id: timeOrderedId(),
    requestId: randomUUID(),
    ...{ userId, threadId, runId, provider, model, timestamp, latencyMs },
    savedUsd: first.costUsd,
    ...(properties ? { properties } : {}),
  };
}

function* deltasOf(part: AssistantPart): Generator<ModelStreamEvent> {
  if (part.type === 'text') yield { type: 'text-delta', text: part.text };
  if (part.type !== 'reasoning') return;
  if (part.text) yield { type: 'reasoning-delta', text: part.text };
  yield { type: 'reasoning-done', part };
}
