import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AnswerUsage } from '#tests/upstreams/index.ts';
import { openStore } from '#server/store/open-store.ts';
import { createGateway } from '../gateway.ts';
import { openWorkbench, request, target } from '../testing/workbench.ts';
import { readAnthropicUsage } from '../wires/anthropic-usage.ts';
import { costUsd } from './cost.ts';

const usage: AnswerUsage = {
  input: 1_000,
  output: 500,
  cacheRead: 600,
  cacheWrite: 100,
  reasoning: 200,
  cost: 0.5,
};
/** Prices of the workbench: 2 in, 10 out, 0.2 read, 2.5 written. */
const priced = (written: number) => (400 - written) * 2 + 600 * 0.2 + written * 2.5 + 500 * 10;

const routes: [name: string, helicone: 'proxy' | 'gateway' | undefined, written: number, usd: number][] = [
  ['openai:gpt-4o', undefined, 0, priced(0) / 1e6],
  ['openai:gpt-5.2', undefined, 0, priced(0) / 1e6],
  ['openai:gpt-5.2', 'gateway', 0, priced(0) / 1e6],
  ['anthropic:claude-sonnet-4-5', undefined, 100, priced(100) / 1e6],
  ['anthropic:claude-sonnet-4-5', 'proxy', 100, priced(100) / 1e6],
  ['anthropic:claude-sonnet-4-5', 'gateway', 100, priced(100) / 1e6],
  ['groq:openai/gpt-oss-120b', undefined, 0, priced(0) / 1e6],
  ['openrouter:anthropic/claude-sonnet-4.5', undefined, 0, 0.5],
];

for (const [name, helicone, written, usd] of routes)
  test(`I5: one row says what the attempt used, cost and took, cached and reasoning tokens too: ${name} ${helicone ?? ''}`, async () => {
    await using bench = await openWorkbench({
      ...(helicone ? { helicone } : {}),
      script: [{ reasoning: 'Hm.', text: 'Words.', usage, servedModel: 'served-2026-01-01' }],
    });
    const before = Date.now();
    const { finished } = await bench.ask(request(target(name)));
    const [row, ...more] = bench.ledger.rows;
    assert.deepEqual(more, []);
    assert.ok(row && finished);
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = row;
    const counts = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens };
    assert.deepEqual(counts, {
      inputTokens: 1_000,
      outputTokens: 500,
      cacheReadTokens: 600,
      cacheWriteTokens: written,
      reasoningTokens: 200,
    });
    assert.ok(Math.abs((row.costUsd ?? 0) - usd) < 1e-12, `${row.costUsd} ${usd}`);
    const { provider, model, servedModel, status, estimated, attempt, finishReason, httpStatus, errorCode } =
      row;
    assert.deepEqual(
      [provider, model, servedModel],
      [...name.split(/:(.*)/).slice(0, 2), 'served-2026-01-01'],
    );
    assert.deepEqual(
      [status, estimated, attempt, finishReason, httpStatus, errorCode],
      ['settled', false, 1, 'stop', 200, null],
    );
    assert.equal(row.route, helicone ? `helicone-${helicone}` : 'direct');
    assert.deepEqual([row.userId, row.threadId, row.runId], ['ann', 'thread-1', 'run-1']);
    assert.ok(Date.parse(row.timestamp) >= before);
    assert.ok(row.ttftMs !== null && row.ttftMs <= row.latencyMs);
    assert.deepEqual(
      Object.fromEntries(Object.entries(finished.usage).filter(([key]) => key in counts)),
      counts,
    );
  });

test('the price of a model that nobody knows is null, in the row and in the answer, never 0', async () => {
  await using bench = await openWorkbench();
  const unknown = target('openai:gpt-4o', { cost: { input: null, output: null } });
  const { finished } = await bench.ask(request(unknown));
  assert.equal(finished?.usage.costUsd, null);
  assert.equal(bench.ledger.rows[0]?.costUsd, null);
});

const tokens = { inputTokens: 300_000, outputTokens: 1_000, cacheReadTokens: 100_000, cacheWriteTokens: 0 };
const tiered = { input: 2, output: 10, cacheRead: 0.2, tiers: [{ above: 272_000, input: 4, output: 15 }] };

test('a request above the limit of a price tier costs that tier as a whole, its cache rate raised alike', () => {
  assert.equal(costUsd(tiered, tokens), (200_000 * 4 + 100_000 * 0.4 + 1_000 * 15) / 1e6);
  assert.equal(
    costUsd(tiered, { ...tokens, inputTokens: 272_000 }),
    (172_000 * 2 + 100_000 * 0.2 + 1_000 * 10) / 1e6,
  );
});

test("tokens that Anthropic's cache keeps for an hour cost twice the input rate, the others their own", () => {
  const cost = { input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 };
  const given = { input_tokens: 100, cache_creation_input_tokens: 1_000, output_tokens: 0 };
  const five = readAnthropicUsage(given);
  assert.equal(costUsd(cost, five), (100 * 4 + 1_000 * 5) / 1e6);
  const mixed = readAnthropicUsage({ ...given, cache_creation: { ephemeral_1h_input_tokens: 600 } });
  assert.deepEqual([mixed.inputTokens, mixed.cacheWriteTokens], [1_100, 1_000]);
  assert.equal(costUsd(cost, mixed), (100 * 4 + 400 * 5 + 600 * 8) / 1e6);
  const impossible = readAnthropicUsage({ ...given, cache_creation: { ephemeral_1h_input_tokens: 9_999 } });
  assert.equal(costUsd(cost, impossible), (100 * 4 + 1_000 * 8) / 1e6);
});

test('a cache rate that the list leaves out is the input rate; an unknown one makes the cost unknown, if it is needed', () => {
  const cached = { ...tokens, inputTokens: 100_000 };
  assert.equal(costUsd({ input: 2, output: 10 }, cached), (100_000 * 2 + 1_000 * 10) / 1e6);
  assert.equal(costUsd({ input: 2, output: 10, cacheRead: null }, cached), null);
  assert.equal(
    costUsd({ input: 2, output: 10, cacheRead: null }, { ...cached, cacheReadTokens: 0 }),
    (100_000 * 2 + 1_000 * 10) / 1e6,
  );
});

test('I5: the rows of retries, stops and refusals are settled in the real store too', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'crosspoint-ledger-'));
  const store = await openStore(dataDir);
  await using bench = await openWorkbench({
    script: [{ fault: { kind: 'status', status: 503 } }, { text: 'Fine.', usage }],
  });
  const { openai } = bench.providers;
  const gateway = createGateway({
    connections: new Map([
      [
        'openai',
        {
          provider: 'openai',
          label: 'OpenAI',
          baseUrl: openai.baseUrl,
          apiKey: openai.key,
          apiKeyVariable: 'OPENAI_API_KEY',
          auth: 'bearer' as const,
          headers: {},
          dialect: {},
        },
      ],
    ]),
    helicone: { key: null, mode: 'proxy', urls: bench.providers.helicone.urls, bypass: true },
    ledger: store.ledger,
    deadlineScale: 1,
    random: () => 0,
  });
  try {
    const events = [];
    for await (const event of gateway.stream(request(target('openai:gpt-4o')), new AbortController().signal))
      events.push(event);
    const rows = await store.ledger.list('ann');
    assert.deepEqual(rows.map(({ status, attempt }) => [status, attempt]).sort(), [
      ['failed', 1],
      ['settled', 2],
    ]);
    assert.equal(await store.ledger.reclaim(), 0);
    const { costUsd: total, complete } = await store.ledger.threadCost('thread-1');
    assert.ok(complete && Math.abs(total - priced(0) / 1e6) < 1e-12);
  } finally {
    await gateway.close();
    await store.close();
    await rm(dataDir, { recursive: true });
  }
});
