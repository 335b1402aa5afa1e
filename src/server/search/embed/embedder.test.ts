import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { EmbeddingCall } from '#server/gateway/embeddings/types.ts';
import { hashVector } from '#tests/support/embeddings/server.ts';
import { chunkOf, fileOf } from '../testing/store-bench.ts';
import { Embedder } from './embedder.ts';
import { VectorCache } from './vector-cache.ts';
import { ModelVectors } from './vectors.ts';

const context = { userId: 'ann', threadId: 'thread-1', runId: 'run-1' };
const never = new AbortController().signal;

function bench(model = 'test/vectors', given: Partial<{ size: number; longest: number; path: string }> = {}) {
  const state = { size: 64, longest: Infinity, path: ':memory:', isDown: false, ...given };
  const calls: EmbeddingCall[] = [];
  const embeddings = {
    embed: (call: EmbeddingCall) => {
      calls.push(call);
      if (state.isDown)
        return Promise.reject(new CrosspointError('provider_unreachable', { provider: 'Test' }));
      if (call.inputs.some((text) => text.length > state.longest))
        return Promise.reject(
          new CrosspointError('provider_bad_request', { provider: 'Test', detail: 'too long' }),
        );
      const vectors = call.inputs.map((text) => hashVector(text, state.size));
      return Promise.resolve({ vectors, provider: 'test', model, usage: {} as never });
    },
  };
  const cache = new VectorCache(state.path);
  const embedder = new Embedder({ model, embeddings, cache });
  const embed = (texts: string[], use: 'query' | 'document' = 'document') =>
    embedder.embed(use, texts, context, never);
  return { state, calls, cache, embedder, embed };
}

const close = (one: readonly number[], other: readonly number[]) =>
  one.length === other.length && one.every((value, at) => Math.abs(value - (other[at] as number)) < 0.001);

test('each text is asked for once, also over a restart, and in the order in which it was given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-vectors-'));
  const path = join(folder, 'embeddings.db');
  const first = bench('test/vectors', { path });
  const texts = ['red', 'green', 'red', 'blue'];
  const vectors = await first.embed(texts);
  assert.ok(texts.every((text, at) => close(vectors[at] as number[], hashVector(text, 64))));
  assert.deepEqual(
    first.calls.map(({ inputs }) => inputs),
    [['red', 'green', 'blue']],
  );
  assert.deepEqual(first.calls[0]?.context, context);
  first.cache.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const next = bench('test/vectors', { path });
  const again = await next.embed(['blue', 'new', 'green']);
  assert.deepEqual(
    next.calls.map(({ inputs }) => inputs),
    [['new']],
  );
  assert.ok(close(again[0] as number[], hashVector('blue', 64)));
  assert.equal(next.embedder.space?.dimensions, 64);
  const other = new Embedder({
    model: 'test/other',
    cache: next.cache,
    embeddings: { embed: () => Promise.reject(new Error('asked')) },
  });
  assert.equal(other.space, null);
  await assert.rejects(other.embed('document', ['blue'], context, never), /asked/);
  next.cache.close();
  rmSync(folder, { recursive: true });
});

test('requests are small, and a text that is too long for the model is cut and keeps no other out', async () => {
  const { calls, embed, state } = bench('test/vectors', { longest: 1_000 });
  const texts = Array.from({ length: 150 }, (_each, number) => `text ${number}`);
  assert.equal((await embed([...texts, 'long '.repeat(600)])).length, 151);
  assert.ok(calls.every(({ inputs }) => inputs.length <= 64));
  state.longest = 10;
  await assert.rejects(embed(['not so long a text']), /too long/);
});

test('models get the words and fields that they are trained with', async () => {
  const asked = async (model: string, use: 'query' | 'document') => {
    const { calls, embed } = bench(model);
    await embed(['find it'], use);
    return [calls[0]?.inputs[0], calls[0]?.extra];
  };
  assert.deepEqual(await asked('ollama/nomic-embed-text', 'query'), ['search_query: find it', {}]);
  assert.deepEqual(await asked('ollama/nomic-embed-text', 'document'), ['search_document: find it', {}]);
  assert.deepEqual(await asked('openai/text-embedding-3-small', 'query'), ['find it', { dimensions: 512 }]);
  assert.deepEqual(await asked('voyage/voyage-code-3', 'query'), ['find it', { input_type: 'query' }]);
  assert.deepEqual(await asked('voyage/voyage-code-3', 'document'), ['find it', { input_type: 'document' }]);
});

test('a model whose vectors have another length is told, and nothing of the old ones is used', async () => {
  const { embed, embedder, state, calls } = bench();
  await embed(['one']);
  state.size = 32;
  await assert.rejects(embed(['two']), /32 numbers now, 64 before/);
  assert.equal(embedder.space?.dimensions, 32);
  assert.equal((await embed(['one']))[0]?.length, 32);
  assert.equal(calls.length, 3);
});

test('files whose model does not answer come without vectors, and it is not asked for each of them', async () => {
  const { embedder, state, calls } = bench();
  const vectors = new ModelVectors({ embedder, ownerId: 'owner', logger: { warn: () => undefined } });
  const file = fileOf('a.ts', [chunkOf({ symbol: 'one', parent: 'Top' }), chunkOf({ symbol: 'two' })]);
  const [embedded] = await vectors.ofFiles([file], never);
  assert.equal(embedded?.vectors?.length, 2);
  assert.equal(calls[0]?.inputs[0], 'a.ts\nTop.one\none()');
  state.isDown = true;
  const other = fileOf('b.ts', [chunkOf({ symbol: 'three' })]);
  assert.deepEqual(await vectors.ofFiles([other], never), [other]);
  assert.deepEqual(await vectors.ofFiles([other], never), [other]);
  assert.equal(calls.length, 2);
  await assert.rejects(vectors.ofQuery('x', context, never), /cannot be reached/);
});
