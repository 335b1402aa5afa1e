import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { NewEvent } from '#protocol/events.ts';
import { createAdmissions } from '#server/gateway/limits/admissions.ts';
import { openLimitStore } from '#server/gateway/limits/sqlite-limit-store.ts';
import { noLimits } from '#server/gateway/testing/limited-call.ts';
import { memoryLedger } from '#server/gateway/testing/memory-ledger.ts';
import type { GatewayLogger } from '#server/gateway/gateway-options.ts';
import type { LimitSettings } from '#server/gateway/limits/settings.ts';
import { MorphService, type MergeReply } from '#tests/support/morph/service.ts';
import { openFastApply } from './fast-apply.ts';

const before = 'const limit = 10;\n\n//the sum\nexport function total(all) {\n  return all.length;\n}\n';
const update = '// ... existing code ...\nexport function total(all) {\n  return limit + all.length;\n}';
const right = before.replace('return all', 'return limit + all');
const order = { path: 'sum.js', before, instructions: 'Add the limit.', update };

type Options = { limits?: Partial<LimitSettings>; deadlineScale?: number };

/** The real gateway, limits and wire, against a strict stand-in of Morph's API. */
async function desk(reply: (count: number, model: string) => MergeReply, options: Options = {}) {
  const morph = await new MorphService(({ model }, count) => reply(count, model)).start();
  const ledger = memoryLedger();
  const store = openLimitStore({ path: ':memory:' });
  const logged: string[] = [];
  const logger: GatewayLogger = { warn: (details, words) => logged.push(JSON.stringify([details, words])) };
  const admissions = createAdmissions({ store, settings: () => ({ ...noLimits, ...options.limits }) });
  const clock = {
    now: () => Date.now(),
    sleep: (_ms: number, signal: AbortSignal) => Promise.resolve(signal.throwIfAborted()),
  };
  const { key, baseUrl } = morph;
  const config = { morph: { key, baseUrl }, deadlineScale: options.deadlineScale ?? 1 };
  const fastApply = openFastApply(config, { ledger, admissions, logger, clock });
  assert.ok(fastApply);
  const told: NewEvent[] = [];
  const call = (signal = new AbortController().signal) => ({
    call: { userId: 'ann', threadId: 'thread-1', runId: 'run-1', toolCallId: 'call-1' },
    signal,
    tell: (events: NewEvent[]) => Promise.resolve(void told.push(...events)),
  });
  return {
    morph,
    ledger,
    told,
    logged,
    merge: (given = order, signal?: AbortSignal) => fastApply.merge(given, call(signal)),
    async [Symbol.asyncDispose]() {
      await fastApply.close();
      await morph.stop();
      store.close();
    },
  };
}

test('a merge is one string in one message, on the ledger with its run and its price', async () => {
  await using bench = await desk(() => ({ text: right }));
  assert.equal(await bench.merge(), right);
  assert.deepEqual(bench.morph.asked, [
    { model: 'morph-v3-fast', instruction: 'Add the limit.', code: before, update },
  ]);
  const [row, ...others] = bench.ledger.rows;
  assert.equal(others.length, 0);
  assert.ok(row);
  const { provider, model, userId, threadId, runId, status, inputTokens, outputTokens, estimated } = row;
  assert.deepEqual(
    { provider, model, userId, threadId, runId, status, inputTokens, outputTokens, estimated },
    {
      ...{ provider: 'morph', model: 'morph-v3-fast', userId: 'ann', threadId: 'thread-1', runId: 'run-1' },
      ...{ status: 'settled', inputTokens: 1_000, outputTokens: 500, estimated: false },
    },
  );
  assert.equal(row.costUsd?.toFixed(6), ((1_000 * 0.8 + 500 * 1.2) / 1e6).toFixed(6));
});

test('the byte order mark, the line ends and the end of the file are those of the file', async () => {
  const forms: [before: string, answer: string, after: string][] = [
    [before.replaceAll('\n', '\r\n'), right, right.replaceAll('\n', '\r\n')],
    [`\uFEFF${before}`, right, `\uFEFF${right}`],
    [before.trimEnd(), right, right.trimEnd()],
    [`${before}\n\n`, right.trimEnd(), `${right}\n\n`],
    [before, `\n${right}\n`, right],
    [before, right.replaceAll('\n', '\r\n'), right],
  ];
  for (const [given, answer, after] of forms) {
    await using bench = await desk(() => ({ text: answer }));
    assert.equal(await bench.merge({ ...order, before: given }), after);
  }
});

test('a merge that does more or less than it should is asked for once more, of the larger model', async () => {
  const wrong = right.replace('//the sum', '// the sum');
  await using bench = await desk((count) => ({ text: count === 1 ? wrong : right }));
  assert.equal(await bench.merge(), right);
  assert.deepEqual(
    bench.morph.asked.map(({ model }) => model),
    ['morph-v3-fast', 'morph-v3-large'],
  );
  assert.equal(bench.ledger.rows.length, 2);
});

const wrongs: [name: string, text: string, problem: RegExp][] = [
  [
    'a reformatted comment',
    right.replace('//the sum', '// the sum'),
    /neither in the update nor, there, in the file/,
  ],
  ['a lost line', right.replace('const limit = 10;\n', ''), /lacks a line of the file/],
  ['an added line', right.replace('\n\n', '\nconst more = 1;\n\n'), /neither in the update/],
  ['half of a file', right.slice(0, 60), /lacks a line of the update/],
  ['a code block', `\`\`\`js\n${right}\`\`\``, /neither in the update/],
  ['a marker', `// ... existing code ...\n${right}`, /still a marker/],
  ['nothing new', before, /it changes nothing/],
  ['nothing', '', /./],
];

test('after the larger model the one that proposed it is told what is wrong, and what to do instead', async () => {
  for (const [name, text, problem] of wrongs) {
    await using bench = await desk(() => ({ text }));
    await assert.rejects(bench.merge(), (cause: Error) => {
      assert.equal(cause.name, 'MergeRefusal', `${name}: ${cause.message}`);
      assert.match(cause.message, problem, name);
      assert.match(cause.message, /Nothing was changed\. Make the change with edits instead/);
      return true;
    });
  }
});

test('an answer that was cut, by its length or with its connection, is never a file', async () => {
  const cuts: MergeReply[] = [
    { text: right, reason: 'length' },
    { text: right, reason: 'content_filter' },
    { cut: right },
  ];
  for (const cut of cuts) {
    await using bench = await desk((_count, model) => (model === 'morph-v3-large' ? { text: right } : cut));
    assert.equal(await bench.merge(), right);
    assert.equal(bench.morph.asked.at(-1)?.model, 'morph-v3-large');
    bench.morph.reply = () => cut;
    await assert.rejects(bench.merge(), /Nothing was changed/);
  }
  await using bench = await desk(() => ({ text: right, reason: 'length' }));
  await assert.rejects(bench.merge(), /the answer was cut off/);
});

test('a new syntax error is no merge', async () => {
  const broken = '// ... existing code ...\nexport function total(all) {\n  return limit + ;\n}';
  const text = before.replace('return all.length;', 'return limit + ;');
  await using bench = await desk(() => ({ text }));
  await assert.rejects(bench.merge({ ...order, update: broken }), /sum\.js has a new syntax error at line 5/);
});

const failures: [name: string, reply: MergeReply, told: RegExp][] = [
  ['a refused key', { status: 401 }, /Morph refused the key\. Check MORPH_API_KEY/],
  ['no credit', { status: 402 }, /no credit left/],
  ['a limited rate', { status: 429, headers: { 'retry-after': '1' } }, /Morph limits the rate/],
  ['an overloaded service', { status: 500 }, /overloaded or failing/],
  ['a page', { status: 200, html: '<!doctype html><title>Hello</title>' }, /not its protocol|overloaded/],
  ['no completion', { raw: '{"ok":true}' }, /./],
  ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:9/v1' } }, /answered with a redirect/],
];

test('each failure of the service is told by its cause, never with the key, and is no failure of the run', async () => {
  for (const [name, reply, told] of failures) {
    await using bench = await desk(() => reply);
    await assert.rejects(bench.merge(), (cause: Error) => {
      assert.equal(cause.name, 'MergeRefusal', `${name}: ${cause.message}`);
      assert.match(cause.message, told, name);
      assert.ok(
        !cause.message.includes(bench.morph.key) && !bench.logged.join().includes(bench.morph.key),
        name,
      );
      return true;
    });
    assert.ok(bench.ledger.rows.length > 0 && bench.ledger.rows.every(({ status }) => status !== 'reserved'));
    assert.deepEqual(bench.morph.refused, []);
  }
});

test('the waits of the gateway before another try are seen', async () => {
  await using bench = await desk((count) =>
    count === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { text: right },
  );
  assert.equal(await bench.merge(), right);
  assert.deepEqual(
    bench.told.map(({ type }) => type),
    ['retrying'],
  );
});

test('a service that never answers is given up after the deadline; a stop ends it at once', async () => {
  await using silent = await desk(() => ({ hang: true }), { deadlineScale: 0.002 });
  await assert.rejects(silent.merge(), /Morph did not answer in time/);
  const stop = new AbortController();
  await using bench = await desk(() => {
    stop.abort();
    return { hang: true };
  });
  await assert.rejects(bench.merge(order, stop.signal), { name: 'AbortError' });
  for (const { ledger } of [silent, bench])
    assert.ok(ledger.rows.every(({ status }) => status !== 'reserved'));
});

test('the budget of the person counts merges and ends them', async () => {
  await using bench = await desk(() => ({ text: right }), {
    limits: { users: { ann: { budget: { usd: 0.000001, period: 'total' } } } },
  });
  const first = await bench.merge().catch((cause: Error) => cause.message);
  assert.ok(first === right || /budget/.test(first), first);
  await assert.rejects(bench.merge(), /budget/i);
});

test('a file that is too large, or has several kinds of line ends, is never sent', async () => {
  await using bench = await desk(() => ({ text: right }));
  const large = { ...order, before: `${before}${'// more of it\n'.repeat(20_000)}` };
  await assert.rejects(bench.merge(large), /too large for that.*edits instead/);
  await assert.rejects(bench.merge({ ...order, before: 'a\r\nb\n' }), /end in different ways/);
  assert.equal(bench.morph.asked.length, 0);
  const middling = { ...order, before: `${before}${'// more of it\n'.repeat(4_000)}` };
  await bench.merge(middling).catch(() => undefined);
  assert.deepEqual(
    bench.morph.asked.map(({ model }) => model),
    ['morph-v3-large'],
  );
});

test('without a key there is nothing to merge with', () => {
  const store = openLimitStore({ path: ':memory:' });
  const admissions = createAdmissions({ store, settings: () => noLimits });
  const config = { morph: { key: null, baseUrl: 'http://127.0.0.1:9' }, deadlineScale: 1 };
  assert.equal(openFastApply(config, { ledger: memoryLedger(), admissions }), null);
  store.close();
});
