import { join } from 'node:path';
import { ConfigError, type Config } from '#server/config.ts';
import { createChunker } from './chunk/chunker.ts';
import { CodeSearch, type SearchLogger } from './code-search.ts';
import { createEmbeddedStore } from './stores/embedded/embedded-store.ts';
import { QdrantStore } from './stores/qdrant/qdrant-store.ts';

/**
 * The code search of this server: on Qdrant where it is configured, with the embedded index to fall back on, else on that
 * alone. Nothing is opened or asked before the first search.
 * @throws ConfigError for an address of Qdrant that is none
 */
export function openCodeSearch(config: Config, logger: SearchLogger): CodeSearch {
  const embedded = createEmbeddedStore({ folder: join(config.dataDir, 'search') });
  const qdrant = openQdrant(config);
  return new CodeSearch({
    store: qdrant ?? embedded,
    fallback: qdrant ? embedded : null,
    chunker: createChunker(),
    vectors: null,
    logger,
  });
}

function openQdrant({ qdrant: { url, key }, deadlineScale }: Config): QdrantStore | null {
  if (url === null) return null;
  try {
    return new QdrantStore({ url, key, deadlineScale, space: null });
  } catch (cause) {
    throw new ConfigError('QDRANT_URL', (cause as Error).message);
  }
}
