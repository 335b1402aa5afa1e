import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '#tests/upstreams/index.ts';
import { noLimits } from '../testing/limited-call.ts';
import { openWorkbench, request, target } from '../testing/workbench.ts';
import type { ModelStreamEvent } from '../types.ts';
import { createAdmissions } from './admissions.ts';
import { withLimits } from './limited-gateway.ts';
import type { LimitSettings } from './settings.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

const never = new AbortController().signal;

async function limited(
  settings: Partial<LimitSettings>,
  script: () => Answer = () => ({ text: 'Slowly, word by word.', paceMs: 30 }),
) {
  const bench = await openWorkbench({ script });
  const store = openLimitStore({ path: ':memory:' });
  const admissions = createAdmissions({ store, settings: () => ({ ...noLimits, ...settings }) });
  const gateway = withLimits(bench.gateway, admissions);
  const ask = async (name = 'openai:gpt-4o') => {
    const events: ModelStreamEvent[] = [];
    for await (const event of gateway.stream(request(target(name)), never)) events.push(event);
    return events;
  };
  const close = async () => {
    await bench[Symbol.asyncDispose]();
    store.close();
  };
  return { ask, store, bench, gateway, [Symbol.asyncDispose]: close };
}

const notices = (events: ModelStreamEvent[]) =>
  events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));

test("the agent's calls wait for their turn at a provider as configured, and say why", async () => {
  const providers = { openai: { concurrency: 1, queueMs: 60_000 } };
  await using bench = await limited({ providers });
  const [one, two, other] = await Promise.all([
    bench.ask(),
    bench.ask(),
    bench.ask('anthropic:claude-sonnet-4-5'),
  ]);
  assert.deepEqual([notices(one), notices(two), notices(other)], [[], ['waits_for_limit'], []]);
  for (const events of [one, two, other]) assert.equal(events.at(-1)?.type, 'finished');
});

test("a limit of the user without a queue refuses the agent's next call before a provider is asked", async () => {
  await using bench = await limited({ users: { ann: { requestsPerMinute: 1 } } });
  await bench.ask();
  await assert.rejects(bench.ask(), { code: 'rate_limited' });
  assert.equal(bench.bench.ledger.rows.length, 1);
});

test("a budget of the user counts what the agent's calls really cost, and ends them when it is spent", async () => {
  await using bench = await limited({ users: { ann: { budget: { usd: 0.000001, period: 'total' } } } });
  const finished = (await bench.ask()).at(-1);
  assert.ok(finished?.type === 'finished');
  const spent = await bench.store.spent('user:ann', 'total');
  assert.ok(Math.abs(spent.usd - (finished.usage.costUsd ?? 0)) < 1e-9);
  await assert.rejects(bench.ask(), { code: 'budget_exhausted' });
});

test('each attempt that was made for an answer is counted, not the last one alone', async () => {
  let asked = 0;
  const broken: Answer = { text: 'never', fault: { kind: 'error-event', after: 'preamble', status: 529 } };
  const budget = { usd: 1, period: 'total' as const };
  await using bench = await limited({ users: { ann: { budget } } }, () =>
    (asked += 1) < 3 ? broken : { text: 'At last.' },
  );
  const finished = (await bench.ask()).at(-1);
  assert.ok(finished?.type === 'finished');
  const costs = bench.bench.ledger.rows.map(({ costUsd }) => costUsd ?? NaN);
  assert.equal(costs.length, 3);
  assert.ok(costs.every((cost) => cost > 0));
  const { usd, heldUsd } = await bench.store.spent('user:ann', 'total');
  assert.ok(Math.abs(usd - costs.reduce((sum, cost) => sum + cost, 0)) < 1e-8);
  assert.equal(heldUsd, 0);
});

test('who stops listening in the middle of an answer is counted what had been used, and holds nothing any more', async () => {
  const budget = { usd: 1, period: 'total' as const };
  await using bench = await limited({ users: { ann: { budget } } });
  for await (const event of bench.gateway.stream(request(target('openai:gpt-4o')), never))
    if (event.type === 'text-delta') break;
  const [row] = bench.bench.ledger.rows;
  assert.equal(row?.status, 'aborted');
  const { usd, heldUsd } = await bench.store.spent('user:ann', 'total');
  assert.ok(usd > 0 && Math.abs(usd - (row.costUsd ?? NaN)) < 1e-8);
  assert.equal(heldUsd, 0);
});
