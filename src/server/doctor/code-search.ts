import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { describeHybrid } from '../search/hybrid/describe.ts';
import { knownVerdict } from '../search/hybrid/open-hybrid.ts';
import { QdrantStore } from '../search/stores/qdrant/qdrant-store.ts';
import { openStore } from '../store/open-store.ts';
import type { Finding } from './finding.ts';

/** What searches the code: whether Qdrant answers, and whether the embedding model was found to help. */
export async function checkCodeSearch(config: Config): Promise<Finding[]> {
  return [await checkQdrant(config), await checkEmbeddingModel(config)];
}

async function checkQdrant({ qdrant: { url, key }, deadlineScale }: Config): Promise<Finding> {
  const subject = 'Code search';
  if (url === null) return { state: 'off', subject, detail: 'the built-in index; QDRANT_URL names another' };
  try {
    const store = new QdrantStore({ url, key, deadlineScale, space: null });
    try {
      return { state: 'ok', subject, detail: `Qdrant ${await store.version()} at ${url}` };
    } finally {
      await store.close();
    }
  } catch (cause) {
    const remedy = 'docs/qdrant.md says how to run it. Until then the built-in index is searched.';
    return { state: 'bad', subject, detail: (cause as Error).message, remedy };
  }
}

async function checkEmbeddingModel({ embeddingModel: model, dataDir }: Config): Promise<Finding> {
  const subject = 'Embeddings';
  if (model === null)
    return { state: 'off', subject, detail: 'none; EMBEDDING_MODEL adds search by meaning' };
  const verdict = await readKnownVerdict(model, dataDir);
  const isUsed = verdict?.gain === true;
  return { state: isUsed ? 'ok' : 'off', subject, detail: describeHybrid({ model, isUsed, verdict }) };
}

/** Only read: what is not there is not made for a diagnosis. */
async function readKnownVerdict(model: string, dataDir: string) {
  if (!existsSync(join(dataDir, 'embeddings.db'))) return null;
  const store = await openStore(dataDir).catch(() => null);
  try {
    return store && (await knownVerdict(model, dataDir, store.settings));
  } finally {
    await store?.close();
  }
}
