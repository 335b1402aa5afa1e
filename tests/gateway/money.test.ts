import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import type { UsageAnswer } from '#protocol/answers.ts';
import { randomFrom } from '#tests/faults/support/random.ts';
import { eventually, openLiveGateway, saying, type LiveGateway, type Row } from './support/live-gateway.ts';
import { drawCall, makeCall, Till, type MoneyCall } from './support/money-calls.ts';

/**
 * UPS-3: the ledger is what the providers' own log says, over many mixed calls with faults, clients that leave and kills of
 * the real process in between. MONEY_CALLS=1000 for the long form, MONEY_SEED for another draw.
 */
const count = Number(process.env.MONEY_CALLS ?? 200);
const seed = Number(process.env.MONEY_SEED ?? 4);
const callers = 12;
const keysWanted = 3;

const till = new Till();
let live: LiveGateway;
let keys: string[];
/** Ids of the keys, in the same order. */
let keyIds: string[];
before(async () => {
  live = await openLiveGateway({ CROSSPOINT_DEADLINE_SCALE: '0.1' }, { script: till.script });
  const minted = await Promise.all(
    Array.from({ length: keysWanted }, (_, at) =>
      live.crosspoint.command('key', 'create', `key ${at}`, '--concurrency', String(callers)),
    ),
  );
  keys = minted.map(({ stdout }) => stdout.trim());
  const { stdout } = await live.crosspoint.command('key', 'list');
  keyIds = keys.map((secret) => {
    const line = stdout.split('\n').find((each) => each.includes(`…${secret.slice(-4)}`));
    return (line ?? '').split(' ', 1)[0] as string;
  });
});
after(() => live[Symbol.asyncDispose]());

const tokensOf = (row: Row) => [row.input_tokens, row.output_tokens, row.cache_read_tokens].join(' ');
const isOpen = ({ status }: Row) => status === 'reserved';

test(`${count} mixed calls with faults, leaving clients and kills: row for attempt and token for token, nothing left open`, async () => {
  const random = randomFrom(seed);
  const waiting = Array.from({ length: count }, () => drawCall(random, keysWanted));
  const made: MoneyCall[] = [];
  /** Calls that ran when the server was killed: nobody can know how far they came. */
  const hit = new Set<string>();
  const running = new Set<string>();
  const killsAt = Array.from({ length: Math.max(1, Math.round(count / 200)) }, (_, at) => 90 + at * 200);
  let restarting: Promise<void> | null = null;
  const kill = async () => {
    for (const id of running) hit.add(id);
    await live.crosspoint.kill();
    await live.crosspoint.restart();
  };
  const caller = async () => {
    for (let call = waiting.shift(); call; call = waiting.shift()) {
      await restarting;
      made.push(call);
      till.expect(call);
      running.add(call.requestId);
      if (killsAt.includes(made.length)) restarting = kill().finally(() => (restarting = null));
      await makeCall(live, call, keys[call.key] as string);
      running.delete(call.requestId);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await restarting;
  await eventually('every row is settled', () => !live.rows().some(isOpen));
  await sleep(300);

  const rows = Map.groupBy(live.rows(), (row) => row.request_id);
  const log = Map.groupBy(till.log, ({ requestId }) => requestId);
  assert.equal(made.length, count);
  for (const call of made) {
    const [mine, theirs] = [rows.get(call.requestId) ?? [], log.get(call.requestId) ?? []];
    const story = JSON.stringify({ call, mine, theirs });
    if (hit.has(call.requestId)) assert.ok(mine.length >= theirs.length, `a row is missing: ${story}`);
    else assert.equal(mine.length, theirs.length, `row for attempt: ${story}`);
    // An answer that was whole is there with its tokens, unless its client left or the server died meanwhile.
    for (const { usage, broken, provider } of theirs) {
      if (!usage || broken) continue;
      const told = `${usage.input} ${usage.output} ${usage.cacheRead}`;
      const exact = mine.filter((row) => tokensOf(row) === told && row.provider === provider);
      const isUncertain = hit.has(call.requestId) || call.kind === 'leaves';
      if (!isUncertain)
        assert.deepEqual(
          exact.map(({ status }) => status),
          ['settled'],
          story,
        );
      for (const row of exact) assert.equal(row.estimated === 0 || row.status !== 'settled', true, story);
    }
    if (call.ended === 200 && call.kind === 'good') assert.equal(mine.at(-1)?.status, 'settled', story);
  }
  // The other way round: nothing stands in the ledger that no provider said.
  const said = new Set(
    till.log.map(({ usage }) => usage && `${usage.input} ${usage.output} ${usage.cacheRead}`),
  );
  for (const row of live.rows())
    if (row.status === 'settled' && row.estimated === 0 && row.input_tokens + row.output_tokens > 0)
      assert.ok(said.has(tokensOf(row)), `nobody said ${JSON.stringify(row)}`);

  const refused = live.providers.refusals.map(({ refusal }) => refusal);
  assert.deepEqual([refused, live.providers.mistakes], [[], []]);
  const settled = live.rows().filter(({ status }) => status === 'settled').length;
  console.log(
    `      ${made.length} calls, ${till.log.length} attempts upstream, ${live.rows().length} rows, ${settled} settled, ${killsAt.length} kill(s), ${hit.size} calls hit`,
  );
  await assertSums(made);
});

/** Each row is its own call's, and what the reports say of a key and of a user is the sum of their calls' rows. */
async function assertSums(made: readonly MoneyCall[]): Promise<void> {
  const byRequest = new Map(made.map((call) => [call.requestId, call]));
  const rows = live.rows() as (Row & { key_id: string | null; end_user: string | null })[];
  const callOf = (row: Row) => byRequest.get(row.request_id) as MoneyCall;
  for (const row of rows)
    assert.deepEqual([row.key_id, row.end_user], [keyIds[callOf(row).key], callOf(row).user]);
  const owners = { key: (row: Row) => keyIds[callOf(row).key], user: (row: Row) => callOf(row).user };
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
  for (const [groupBy, ownerOf] of Object.entries(owners)) {
    const { groups } = await live.crosspoint.api<UsageAnswer>('GET', `/api/usage?groupBy=${groupBy}`);
    for (const [owner, mine] of Map.groupBy(rows, ownerOf)) {
      const told = groups.find(({ key }) => key === owner);
      const input = sum(mine.map((row) => row.input_tokens));
      const output = sum(mine.map((row) => row.output_tokens));
      assert.deepEqual([told?.inputTokens, told?.outputTokens], [input, output], `${groupBy} ${owner}`);
    }
  }
}

test('no reservation of money and no place of a key is left', async () => {
  const limits = new DatabaseSync(join(live.crosspoint.dataDir, 'limits.db'), { readOnly: true });
  try {
    assert.deepEqual(limits.prepare('select * from reservations').all(), []);
  } finally {
    limits.close();
  }
  for (const key of keys) {
    const calls = Array.from({ length: callers }, () => drawCall(() => 0, 1));
    calls.forEach((call) => till.expect(call));
    await Promise.all(calls.map((call) => makeCall(live, call, key)));
    assert.deepEqual(new Set(calls.map(({ ended }) => ended)), new Set([200]));
  }
});

test('a budget is overshot by at most one call, with 50 callers at once', async () => {
  const usd = 0.1;
  const long = 'Words. '.repeat(6_000);
  const { stdout } = await live.crosspoint.command('key', 'create', 'poor', '--budget', `${usd}/day`);
  const key = stdout.trim();
  const statuses: number[] = [];
  const callOne = async () => {
    const call: MoneyCall = { ...drawCall(() => 0, 1), kind: 'counted' };
    till.expect(call);
    const { path, body } = saying('openai-chat', 'openai/gpt-4o', false, call.requestId);
    const messages = [{ role: 'system', content: long }, ...(body.messages ?? [])];
    const headers = { authorization: `Bearer ${key}`, 'helicone-request-id': call.requestId };
    const response = await live.post(path, { ...body, messages, max_tokens: 100 }, headers);
    await response.arrayBuffer();
    statuses.push(response.status);
    return call.requestId;
  };
  const ids = new Set(await Promise.all(Array.from({ length: 50 }, callOne)));
  // One after the other until it is spent.
  for (let tries = 0; tries < 30 && statuses.at(-1) !== 402; tries++) ids.add(await callOne());
  assert.equal(statuses.at(-1), 402, statuses.join(' '));
  // 429: what is left is held by calls that have not ended, and a caller may come again.
  assert.deepEqual([...new Set(statuses)].sort(), [200, 402, 429], statuses.join(' '));
  const answered = statuses.filter((status) => status === 200).length;
  const mine = () => live.rows().filter((row) => ids.has(row.request_id) && row.status === 'settled');
  await eventually('every row is settled', () => mine().length === answered);
  const costs = mine().map((row) => row.cost_usd ?? 0);
  const spent = costs.reduce((sum, cost) => sum + cost, 0);
  assert.ok(spent >= usd, `${spent} of ${usd}: refused too early`);
  assert.ok(spent < usd + Math.max(...costs), `${spent} of ${usd}`);
  const limits = new DatabaseSync(join(live.crosspoint.dataDir, 'limits.db'), { readOnly: true });
  try {
    const sum = limits.prepare('select nano_usd from spent').all() as { nano_usd: number }[];
    assert.ok(
      sum.some(({ nano_usd: nano }) => Math.abs(nano / 1e9 - spent) < 1e-8),
      JSON.stringify(sum),
    );
    assert.deepEqual(limits.prepare('select * from reservations').all(), []);
  } finally {
    limits.close();
  }
});
