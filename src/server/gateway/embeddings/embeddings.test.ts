import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import {
  startEmbeddingServer,
  hashVector,
  type EmbeddingServerOptions,
} from '#tests/support/embeddings/server.ts';
import { memoryLedger } from '../testing/memory-ledger.ts';
import { keyRouter, target } from '../testing/workbench.ts';
import { ModelRouter } from '../routing/router.ts';
import type { Connection } from '../types.ts';
import type { Admission, Admissions } from '../v1/types.ts';
import { createEmbeddings } from './embeddings.ts';
import type { EmbeddingsOptions } from './parts.ts';

const context = { userId: 'ann', threadId: 'thread-1', runId: null };
const never = new AbortController().signal;

async function openBench(server: EmbeddingServerOptions = {}, changes: Partial<EmbeddingsOptions> = {}) {
  const upstream = await startEmbeddingServer(server);
  const ledger = memoryLedger();
  const waits: number[] = [];
  const connection: Connection = {
    provider: 'openai',
    label: 'OpenAI',
    baseUrl: upstream.baseUrl,
    apiKey: 'embedding-key',
    apiKeyVariable: 'OPENAI_API_KEY',
    auth: 'bearer',
    headers: {},
    dialect: {},
  };
  const connections = new Map([['openai', connection]]);
  const directory = {
    resolveName: (name: string) => ({ provider: 'openai', model: name.replace('openai/', '') }),
    assertUsable: () => undefined,
    target: ({ model }: { model: string }) => target(`openai:${model}`, { cost: { input: 0.02, output: 0 } }),
  };
  const embeddings = createEmbeddings({
    router: new ModelRouter(directory, keyRouter(connections, {})),
    admissions: null,
    ledger,
    helicone: {
      key: null,
      mode: 'proxy',
      urls: { openai: '', anthropic: '', groq: '', openrouter: '', gateway: '' },
      bypass: true,
    },
    deadlineScale: 1,
    logger: { warn: () => undefined },
    random: () => 0.5,
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => {
        waits.push(ms);
        return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
      },
    },
    ...changes,
  });
  return {
    upstream,
    ledger,
    waits,
    embed: (inputs: string[], signal = never, model = 'openai/text-embedding-3-small') =>
      embeddings.embed({ model, inputs, context }, signal),
    async [Symbol.asyncDispose]() {
      await embeddings.close();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

const code = (expected: string) => (cause: unknown) =>
  cause instanceof CrosspointError && cause.code === expected;

test('vectors come in the order of the inputs, and their cost is on the ledger with its thread', async () => {
  await using bench = await openBench({ fault: () => 'reversed' });
  const answer = await bench.embed(['red apples', 'green pears']);
  assert.deepEqual(answer.vectors, [hashVector('red apples', 64), hashVector('green pears', 64)]);
  const [row] = bench.ledger.rows;
  assert.deepEqual(
    [row?.status, row?.threadId, row?.userId, row?.model, row?.inputTokens, row?.outputTokens],
    ['settled', 'thread-1', 'ann', 'text-embedding-3-small', 6, 0],
  );
  assert.equal(row?.costUsd, (6 * 0.02) / 1_000_000);
  assert.equal(bench.upstream.requests[0]?.headers.authorization, 'Bearer embedding-key');
});

test('what may pass by itself is tried again, each try with its row', async () => {
  const limited = { status: 429, headers: { 'retry-after': '2' } };
  for (const fault of [limited, { status: 503 }, 'cut' as const]) {
    await using bench = await openBench({ fault: (count) => (count === 1 ? fault : undefined) });
    assert.equal((await bench.embed(['words'])).vectors.length, 1);
    assert.deepEqual(
      bench.ledger.rows.map(({ status }) => status),
      ['failed', 'settled'],
    );
    if (fault === limited) assert.ok((bench.waits[0] ?? 0) >= 2_000);
  }
});

test('an answer without a vector for each input, or that breaks off, is no answer', async () => {
  await using short = await openBench({ fault: () => 'short' });
  await assert.rejects(short.embed(['one', 'two']), code('provider_protocol'));
  await using broken = await openBench({ fault: () => 'no-json' });
  await assert.rejects(broken.embed(['one', 'two']), code('provider_stream_cut'));
});

test('an unknown model and a wrong key are told at once', async () => {
  await using bench = await openBench();
  await assert.rejects(bench.embed(['x'], never, 'openai/none'), code('provider_model_not_found'));
  assert.equal(bench.ledger.rows.length, 1);
  await using other = await openBench({ key: 'another' });
  await assert.rejects(other.embed(['x']), code('provider_auth'));
});

test('a call that is stopped ends with the reason, and its row says so', async () => {
  const controller = new AbortController();
  await using bench = await openBench({
    fault: () => {
      queueMicrotask(() => controller.abort(new Error('no longer needed')));
      return 'hang';
    },
  });
  await assert.rejects(bench.embed(['x'], controller.signal), /no longer needed/);
  assert.equal(bench.ledger.rows[0]?.status, 'aborted');
});

test('limits and budgets hold, and what was used is settled', async () => {
  const settled: unknown[] = [];
  const admission: Admission = {
    headers: {},
    leaveProvider: () => Promise.resolve(),
    settle: (used) => Promise.resolve(void settled.push(used)),
  };
  const admissions: Admissions = {
    admit: (_caller, _options, call) =>
      call.estimate.tokens > 1_000
        ? Promise.reject(new CrosspointError('budget_exhausted', { detail: '' }))
        : Promise.resolve(admission),
    admitProvider: () => Promise.resolve(admission),
  };
  await using bench = await openBench({}, { admissions });
  await bench.embed(['red apples']);
  assert.deepEqual(settled, [{ costUsd: (3 * 0.02) / 1_000_000, tokens: 3 }]);
  await assert.rejects(bench.embed(['long '.repeat(2_000)]), code('budget_exhausted'));
  assert.equal(bench.upstream.requests.length, 1);
});
