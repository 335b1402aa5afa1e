import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CacheHit } from '#server/store/ledger.types.ts';
import { openWorkbench, request, says, target } from '../testing/workbench.ts';
import type { Gateway, ModelRequest, ModelStreamEvent } from '../types.ts';
import { withKeptAnswers } from './agent-answers.ts';
import { createResponseCache } from './response-cache.ts';

const never = new AbortController().signal;

function asked(
  changes: Partial<ModelRequest> = {},
  context: Partial<ModelRequest['context']> = {},
): ModelRequest {
  const given = request(target('anthropic:claude-sonnet-4-5'), {
    settings: { reasoningEffort: 'medium' },
    ...changes,
  });
  return { ...given, context: { ...given.context, cacheAnswers: { seed: '0' }, ...context } };
}

async function all(gateway: Gateway, given: ModelRequest, signal = never): Promise<ModelStreamEvent[]> {
  const events: ModelStreamEvent[] = [];
  for await (const event of gateway.stream(given, signal)) events.push(event);
  return events;
}

function finishedOf(events: ModelStreamEvent[]) {
  const last = events.at(-1);
  assert.ok(last?.type === 'finished');
  return last;
}

const joined = (events: ModelStreamEvent[], type: 'text-delta' | 'reasoning-delta') =>
  events.map((event) => (event.type === type ? event.text : '')).join('');

async function kept(options: Parameters<typeof openWorkbench>[0] = {}) {
  const bench = await openWorkbench({
    script: () => ({
      reasoning: 'Hm, größer.',
      text: 'Here 世界.',
      calls: [{ name: 'read_file', args: { path: 'a' } }],
    }),
    ...options,
  });
  const cache = createResponseCache({ path: ':memory:', bounds: () => ({ maxBytes: 1e6, maxEntries: 10 }) });
  const hits: CacheHit[] = [];
  const recordHit = (hit: CacheHit) => Promise.resolve(void hits.push(hit));
  return { bench, hits, gateway: withKeptAnswers(bench.gateway, cache, { recordHit }) };
}

test('the same request again, of whatever thread of the user, is answered with the same words, thoughts and calls, for nothing and without the provider', async () => {
  const { bench, gateway } = await kept();
  await using _bench = bench;
  const first = await all(gateway, asked());
  const again = await all(gateway, asked({}, { threadId: 'thread-2', runId: 'run-2' }));
  assert.equal(bench.ledger.rows.length, 1);
  const [one, two] = [finishedOf(first), finishedOf(again)];
  assert.deepEqual([two.parts, two.reason, two.servedModel], [one.parts, one.reason, one.servedModel]);
  assert.ok(one.parts.some(({ type }) => type === 'tool-call'));
  for (const type of ['text-delta', 'reasoning-delta'] as const)
    assert.equal(joined(again, type), joined(first, type));
  assert.deepEqual(
    [one.usage.cache, two.usage.cache, two.usage.costUsd, two.usage.route],
    ['MISS', 'HIT', 0, 'cache'],
  );
  assert.equal(again[0]?.type, 'started');
});

test('the ledger tells of each kept answer, for whom it was and what it would have cost, and of no other', async () => {
  const { bench, gateway, hits } = await kept();
  await using _bench = bench;
  const first = finishedOf(await all(gateway, asked()));
  assert.deepEqual(hits, []);
  await all(gateway, asked({}, { threadId: 'thread-2', runId: 'run-2' }));
  assert.ok(first.usage.costUsd, 'the first time had its price');
  assert.deepEqual(
    hits.map(({ threadId, runId, provider, model, savedUsd }) => [
      threadId,
      runId,
      provider,
      model,
      savedUsd,
    ]),
    [['thread-2', 'run-2', 'anthropic', 'claude-sonnet-4-5', first.usage.costUsd]],
  );
});

test('a thread that does not ask for it, another user, another request and another answer that is wanted go to the provider', async () => {
  const { bench, gateway } = await kept();
  await using _bench = bench;
  await all(gateway, asked());
  await all(
    gateway,
    request(target('anthropic:claude-sonnet-4-5'), { settings: { reasoningEffort: 'medium' } }),
  );
  await all(gateway, asked({}, { userId: 'bob' }));
  await all(gateway, asked({ messages: [says('Hello!')] }));
  await all(gateway, asked({ settings: { temperature: 0.5 } }));
  await all(gateway, asked({ tools: [] }));
  await all(gateway, asked({}, { cacheAnswers: { seed: '1' } }));
  assert.equal(bench.ledger.rows.length, 7);
});

test('two threads that ask the same at the same time make one call', async () => {
  const { bench, gateway } = await kept();
  await using _bench = bench;
  const [one, two] = await Promise.all([
    all(gateway, asked()),
    all(gateway, asked({}, { threadId: 'thread-2' })),
  ]);
  assert.equal(bench.ledger.rows.length, 1);
  assert.deepEqual(finishedOf(two).parts, finishedOf(one).parts);
});

test('who is stopped while it leads leaves the call to the one who waits, and nothing broken is kept', async () => {
  const { bench, gateway } = await kept();
  await using _bench = bench;
  const stop = new AbortController();
  const leading = (async () => {
    for await (const event of gateway.stream(asked(), stop.signal))
      if (event.type === 'text-delta') stop.abort();
  })();
  const waiting = all(gateway, asked());
  await assert.rejects(leading, { name: 'AbortError' });
  assert.equal(finishedOf(await waiting).usage.cache, 'MISS');
  assert.equal(bench.ledger.rows.length, 2);
});
