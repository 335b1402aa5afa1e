import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLimits } from '../testing/limited-call.ts';
import { openWorkbench, request, target } from '../testing/workbench.ts';
import type { ModelStreamEvent } from '../types.ts';
import { createAdmissions } from './admissions.ts';
import { withLimits } from './limited-gateway.ts';
import type { LimitSettings } from './settings.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

const never = new AbortController().signal;

async function limited(settings: Partial<LimitSettings>) {
  const bench = await openWorkbench({ script: () => ({ text: 'Slowly, word by word.', paceMs: 30 }) });
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
  return { ask, store, bench, [Symbol.asyncDispose]: close };
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
