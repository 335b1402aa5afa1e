import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ConfigAnswer } from '#protocol/answers.ts';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { Embedder } from '#server/search/embed/embedder.ts';
import { VectorCache } from '#server/search/embed/vector-cache.ts';
import { writeVerdict } from '#server/search/hybrid/verdicts.ts';
import type { VectorSpace } from '#server/search/types.ts';
import { openStore } from '#server/store/open-store.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { hashVector, startEmbeddingServer } from '#tests/support/embeddings/server.ts';
import { startQdrant } from '#tests/support/qdrant/server.ts';
import { startProviders, type Asked } from '#tests/upstreams/index.ts';

const skip = await cannotRun();
const size = 64;
const model = 'vectors/small';

/** A model that knows that a basket is something to shop with. */
function vectorOf(text: string): number[] {
  return hashVector(/basket|shopping/i.test(text) ? 'shop' : text, size);
}

/** As if the server had measured its model in an earlier run. */
async function keepGain(dataDir: string): Promise<void> {
  const cache = new VectorCache(join(dataDir, 'embeddings.db'));
  const usage = {} as never;
  const embed = () =>
    Promise.resolve({ vectors: [vectorOf('x')], provider: 'vectors', model: 'small', usage });
  const embedder = new Embedder({ model, cache, embeddings: { embed } });
  await embedder.embed(
    'query',
    ['x'],
    { userId: 'owner', threadId: null, runId: null },
    new AbortController().signal,
  );
  const store = await openStore(dataDir);
  const quality = { mrr: 0.5, recall: 0.7 };
  const figures = {
    queries: 300,
    chunks: 1_000,
    words: quality,
    hybrid: { ...quality, mrr: 0.6 },
    certainty: 3,
  };
  await writeVerdict(store.settings, embedder.space as VectorSpace, figures);
  await store.close();
  cache.close();
}

function obey({ step, lastUserText, toolResults }: Asked) {
  if (step > 0) return { text: toolResults.at(-1)?.text ?? 'nothing' };
  if (lastUserText.startsWith('search '))
    return { calls: [{ name: 'search_code', args: { query: lastUserText.slice(7) } }] };
  const content = 'export function basketTotal(items) {\n  return items.length;\n}\n';
  return { calls: [{ name: 'write_file', args: { path: 'src/basket.js', content } }] };
}

test(
  'words and vectors in Qdrant, over the real server: found by meaning, on the ledger, and by words when the model is away',
  { skip },
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-'));
    await keepGain(dataDir);
    let isDown = false;
    const fault = () => (isDown ? { status: 400 } : undefined);
    await using upstream = await startEmbeddingServer({
      key: null,
      dimensions: { small: size },
      vectorOf,
      fault,
    });
    await using qdrant = await startQdrant({ key: 'qdrant-key' });
    const providers = await startProviders({ script: obey });
    await using _providers = { [Symbol.asyncDispose]: () => providers.close() };
    const crosspoint = await Crosspoint.start(
      {
        ...providers.env(),
        DEFAULT_MODEL_PROVIDER: 'openai',
        DEFAULT_MODEL: 'gpt-4.1',
        CUSTOM_PROVIDERS: JSON.stringify([{ id: 'vectors', baseUrl: upstream.baseUrl, models: ['small'] }]),
        EMBEDDING_MODEL: model,
        QDRANT_URL: qdrant.url,
        QDRANT_API_KEY: 'qdrant-key',
      },
      dataDir,
    );
    try {
      const say = async (message: string, threadId?: string) => {
        const answer = await crosspoint.say({
          message,
          approvalMode: 'auto',
          ...(threadId ? { threadId } : {}),
        });
        assert.ok(!('interrupt' in answer));
        return answer;
      };
      const { threadId } = await say('write');
      assert.match(
        (await say('search shopping', threadId)).response,
        /src\/basket\.js:1-3 {2}function basketTotal/,
      );
      const { codeSearch } = await crosspoint.api<ConfigAnswer>('GET', '/api/config');
      assert.deepEqual([codeSearch.store, codeSearch.embeddingModel], ['qdrant', model]);
      assert.match(codeSearch.vectors ?? '', /0\.50 by words, 0\.60 with vectors\/small .*: used\.$/);
      const [name = '', collection] = [...qdrant.collections][0] ?? [];
      assert.match(name, /^crosspoint_code_v1_vectors_small.*_64_[0-9a-f]{8}$/);
      assert.equal(collection?.form.vectors?.dense?.size, size);
      assert.equal(upstream.requests.length, 2);
      const usage = await crosspoint.api<{ groups: { key: string }[] }>('GET', '/api/usage?groupBy=model');
      assert.ok(JSON.stringify(usage).includes(model));
      isDown = true;
      const { response } = await say('search basket', threadId);
      assert.match(response, /embedding model did not answer.*searched by words alone/i);
      assert.match(response, /function basketTotal/);
      await crosspoint.api('DELETE', `/api/threads/${threadId}`);
      assert.equal(collection?.points.size, 0);
    } finally {
      await crosspoint.remove();
    }
  },
);
