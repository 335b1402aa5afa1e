import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embeddings } from '#server/gateway/embeddings/types.ts';
import { createChunker } from '../chunk/chunker.ts';
import { Embedder } from '../embed/embedder.ts';
import { VectorCache } from '../embed/vector-cache.ts';
import { documentText, ModelVectors } from '../embed/vectors.ts';
import { rank } from '../rank/rank.ts';
import { createEmbeddedStore } from '../stores/embedded/embedded-store.ts';
import type { ChunkedFile, CodeStore, VectorSpace } from '../types.ts';
import { measureHybrid } from './measure.ts';
import { ownSource, type SourceFile } from './own-source.ts';
import { readVerdict, writeVerdict, type HybridVerdict } from './verdicts.ts';

export interface HybridOptions {
  /** `EMBEDDING_MODEL`. */
  model: string;
  embeddings: Pick<Embeddings, 'embed'>;
  dataDir: string;
  settings: Parameters<typeof readVerdict>[0];
  /** Whose limits hold, and to whom the measurement is billed. */
  ownerId: string;
  logger: { info(details: object, message: string): void; warn(details: object, message: string): void };
}

/** The model of vectors of this server: used once it was measured with a gain, from the next start on. */
export interface Hybrid {
  readonly model: string;
  readonly isUsed: boolean;
  /** Both null until then: the search goes by words alone. */
  readonly space: VectorSpace | null;
  readonly vectors: ModelVectors | null;
  /** null: not measured yet. */
  readonly verdict: HybridVerdict | null;
  /**
   * Measures it on code that this program brings, and keeps the verdict. Asks the model for some 1,300 vectors, the first time.
   * @throws CrosspointError when the model does not answer
   */
  measure(signal: AbortSignal, sample?: readonly SourceFile[]): Promise<HybridVerdict>;
  /** The same unless there is a verdict already; never throws. */
  measureOnce(signal: AbortSignal): Promise<void>;
  /** After the measurement that is on its way, which the signal stops. */
  close(): Promise<void>;
}

const asksNobody = { embed: () => Promise.reject(new Error('a model is asked only by the server')) };

/** What a running server knows of a model. The model itself is not asked. */
export async function knownVerdict(
  model: string,
  dataDir: string,
  settings: HybridOptions['settings'],
): Promise<HybridVerdict | null> {
  const cache = new VectorCache(join(dataDir, 'embeddings.db'));
  try {
    const { space } = new Embedder({ model, cache, embeddings: asksNobody });
    return space && (await readVerdict(settings, space));
  } finally {
    cache.close();
  }
}

export async function openHybrid(options: HybridOptions): Promise<Hybrid> {
  const { model, embeddings, dataDir, settings, ownerId, logger } = options;
  const cache = new VectorCache(join(dataDir, 'embeddings.db'));
  const embedder = new Embedder({ model, embeddings, cache });
  const known = embedder.space;
  let verdict = known ? await readVerdict(settings, known) : null;
  const isUsed = verdict?.gain === true;
  let running = Promise.resolve();
  const hybrid: Hybrid = {
    model,
    isUsed,
    space: isUsed ? known : null,
    vectors: isUsed ? new ModelVectors({ embedder, ownerId, logger }) : null,
    get verdict() {
      return verdict;
    },
    async measure(signal, sample = ownSource()) {
      verdict = await measured(options, embedder, sample, signal);
      return verdict;
    },
    measureOnce(signal) {
      if (!verdict) running = running.then(() => tryToMeasure(hybrid, logger, signal));
      return running;
    },
    async close() {
      await running;
      cache.close();
    },
  };
  return hybrid;
}

async function tryToMeasure(hybrid: Hybrid, logger: HybridOptions['logger'], signal: AbortSignal) {
  const { model } = hybrid;
  try {
    logger.info({ model, ...(await hybrid.measure(signal)) }, 'the embedding model was measured');
  } catch (cause) {
    if (signal.aborted) return;
    logger.warn({ model, reason: (cause as Error).message }, 'the embedding model could not be measured');
  }
}

async function measured(
  { ownerId, settings }: HybridOptions,
  embedder: Embedder,
  sample: readonly SourceFile[],
  signal: AbortSignal,
): Promise<HybridVerdict> {
  const context = { userId: ownerId, threadId: null, runId: null };
  const files = await chunked(sample);
  const figures = await withStore(async (openStore) =>
    measureHybrid(files, {
      embedDocuments: (chunks) => embedder.embed('document', chunks.map(documentText), context, signal),
      embedQueries: (texts) => embedder.embed('query', texts, context, signal),
      // Opened when vectors are there: only then their length is known.
      store: () => openStore(embedder.space),
      rank,
    }),
  );
  return writeVerdict(settings, embedder.space as VectorSpace, figures);
}

async function chunked(sample: readonly SourceFile[]): Promise<ChunkedFile[]> {
  const chunker = createChunker();
  try {
    const cut = sample.map(async ({ path, text }) => ({
      path,
      hash: createHash('sha256').update(text).digest('hex'),
      chunks: await chunker.chunk(path, text),
    }));
    return await Promise.all(cut);
  } finally {
    await chunker.close();
  }
}

/** A store for this alone, which is gone afterwards. */
async function withStore<Result>(
  work: (open: (space: VectorSpace | null) => CodeStore) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'crosspoint-measure-'));
  const opened: CodeStore[] = [];
  try {
    return await work((space) => {
      const store = createEmbeddedStore({ folder, space });
      opened.push(store);
      return store;
    });
  } finally {
    for (const store of opened) await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}
