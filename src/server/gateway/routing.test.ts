import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Providers } from '#tests/upstreams/index.ts';
import { openWorkbench, request, target } from './testing/workbench.ts';

/** The agent's own calls with several keys of one provider, against the strict emulators. */

const routing = {
  keys: {
    openai: ['OPENAI_API_KEY', 'OPENAI_API_KEY_2'],
    anthropic: ['ANTHROPIC_API_KEY', 'ANTHROPIC_API_KEY_2'],
  },
};
const models = ['openai:gpt-4o', 'openai:gpt-5.2', 'anthropic:claude-sonnet-4-5'];

/** Which key the newest request came with. */
function keyNumber({ requests }: Providers, index = -1): 1 | 2 {
  const { authorization, 'x-api-key': key } = requests.at(index)?.headers ?? {};
  return (authorization ?? key ?? '').endsWith('-2') ? 2 : 1;
}

/** The first key fails in this way, the second one answers. */
async function openBench(first: Answer) {
  const bench = await openWorkbench({ routing });
  const { providers } = bench;
  providers.script(() => (keyNumber(providers) === 1 ? first : { text: 'The second key answers.' }));
  return bench;
}

const status = (code: number, more: object = {}): Answer => ({
  fault: { kind: 'status', status: code, ...more },
});

for (const name of models) {
  for (const [what, first, code] of [
    ['a 429', status(429, { headers: { 'retry-after': '20' } }), 'provider_rate_limited'],
    ['a 503', status(503), 'provider_overloaded'],
    ['a refused key', status(401), 'provider_auth'],
    [
      'an error inside the 200 before the first word',
      { text: 'x', fault: { kind: 'error-event', after: 'preamble', status: 529 } },
      'provider_overloaded',
    ],
  ] as [string, Answer, string][])
    test(`another key is tried at once after ${what}, with one row for each: ${name}`, async () => {
      await using bench = await openBench(first);
      const provider = name.slice(0, name.indexOf(':'));
      const key = `${provider}/${provider.toUpperCase()}_API_KEY`;
      const { text, failure, events } = await bench.ask(request(target(name)));
      assert.ifError(failure);
      assert.equal(text, 'The second key answers.');
      assert.deepEqual(bench.waits, []);
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'retrying' ? [[event.attempt, event.afterMs]] : [])),
        [[2, 0]],
      );
      assert.deepEqual(
        bench.ledger.rows.map((row) => [row.attempt, row.status, row.errorCode, row.endpoint]),
        [
          [1, 'failed', code, key],
          [2, 'settled', null, `${key}_2`],
        ],
      );
    });

  test(`a key that was told to wait, or was refused, is not asked by the next request: ${name}`, async () => {
    for (const first of [status(429, { headers: { 'retry-after': '20' } }), status(401)]) {
      await using bench = await openBench(first);
      await bench.ask(request(target(name)));
      const { failure } = await bench.ask(request(target(name)));
      assert.ifError(failure);
      assert.deepEqual(
        bench.providers.requests.map((_, index) => keyNumber(bench.providers, index)),
        [1, 2, 2],
      );
    }
  });

  test(`when every key is limited the shortest of their pauses is waited for, then both are tried again: ${name}`, async () => {
    await using bench = await openWorkbench({ routing });
    const { providers } = bench;
    let asked = 0;
    providers.script(() => {
      if (++asked > 2) return { text: 'At last.' };
      return status(429, { headers: { 'retry-after': keyNumber(providers) === 1 ? '30' : '2' } });
    });
    const { text, failure } = await bench.ask(request(target(name)));
    assert.ifError(failure);
    assert.equal(text, 'At last.');
    assert.equal(bench.waits.length, 1);
    assert.ok((bench.waits[0] ?? 0) >= 2_000 && (bench.waits[0] ?? 0) <= 3_000, String(bench.waits));
    // Time has not passed for the breakers, so the least bad one is asked.
    assert.deepEqual(
      providers.requests.map((_, index) => keyNumber(providers, index)),
      [1, 2, 2],
    );
  });

  test(`an answer that broke off after its first word is not asked for with another key, and counts: ${name}`, async () => {
    await using bench = await openBench({
      text: 'The first words.',
      fault: { kind: 'cut', after: 'text', how: 'close' },
    });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, 'provider_stream_cut');
    assert.equal(bench.providers.requests.length, 1);
    const [state] = bench.router.health();
    assert.deepEqual([state?.requests, state?.errorRatio], [1, 1]);
  });

  test(`what the request is to blame for is told at once, with one key, and counts for nobody: ${name}`, async () => {
    await using bench = await openBench(status(400, { message: 'no such parameter' }));
    for (let count = 0; count < 6; count++)
      assert.equal((await bench.ask(request(target(name)))).failure?.code, 'provider_bad_request');
    assert.deepEqual(
      new Set(bench.providers.requests.map((_, index) => keyNumber(bench.providers, index))),
      new Set([1]),
    );
    assert.deepEqual(
      bench.router.health().map(({ requests, breaker }) => [requests, breaker]),
      [[0, 'closed']],
    );
  });
}

test('answers that break off again and again open the breaker, and the other key is asked first from then on', async () => {
  await using bench = await openBench({
    text: 'Some words.',
    fault: { kind: 'cut', after: 'text', how: 'reset' },
  });
  for (let count = 0; count < 5; count++) await bench.ask(request(target('openai:gpt-4o')));
  const { text, failure } = await bench.ask(request(target('openai:gpt-4o')));
  assert.ifError(failure);
  assert.equal(text, 'The second key answers.');
  const numbers = bench.providers.requests.map((_, index) => keyNumber(bench.providers, index));
  assert.deepEqual(numbers, [1, 1, 1, 1, 1, 2]);
});

test('a caller who leaves before, in or after an attempt leaves no probe and no count behind', async () => {
  await using bench = await openWorkbench({
    routing,
    script: () => ({ text: 'Many words, one after the other.' }),
  });
  for (const until of ['started', 'text-delta'] as const)
    for (let count = 0; count < 3; count++)
      for await (const event of bench.gateway.stream(
        request(target('openai:gpt-4o')),
        new AbortController().signal,
      ))
        if (event.type === until) break;
  const [state] = bench.router.health();
  assert.deepEqual([state?.requests, state?.breaker], [0, 'closed']);
  const [candidate] = bench.router.keysFor(target('openai:gpt-4o'));
  assert.ok(candidate && bench.router.begin(candidate));
});

test('the demo and servers without a key have one way, whatever the configuration of the others', async () => {
  await using bench = await openWorkbench({ routing, script: () => ({ text: 'Hello.' }) });
  const { failure } = await bench.ask(request(target('compatible:some-model')));
  assert.ifError(failure);
  assert.deepEqual(
    bench.router.health().map(({ id, key }) => [id, key]),
    [['compatible', null]],
  );
});
