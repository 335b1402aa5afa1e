import { join } from 'node:path';
import { ConfigError, type Config } from '#server/config.ts';
import { createChunker } from './chunk/chunker.ts';
import { CodeSearch } from './code-search.ts';
import type { CodeSearchParts, SearchLogger } from './code-search.types.ts';
import type { Hybrid } from './hybrid/open-hybrid.ts';
import { createEmbeddedStore } from './stores/embedded/embedded-store.ts';
import { QdrantStore } from './stores/qdrant/qdrant-store.ts';
import type { VectorSpace } from './types.ts';

/**
 * The code search of this server: on Qdrant where it is configured, with the embedded index to fall back on, else on that
 * alone. Nothing is opened or asked before the first search.
 * @throws ConfigError for an address of Qdrant that is none
 */
export function openCodeSearch(
  config: Config,
  hybrid: Pick<Hybrid, 'space' | 'vectors'> | null,
  settings: CodeSearchParts['settings'],
  logger: SearchLogger,
): CodeSearch {
  const space = hybrid?.space ?? null;
  const qdrant = openQdrant(config, space);
  // As the one to fall back on it is searched by words alone.
  const embedded = createEmbeddedStore({
    folder: join(config.dataDir, 'search'),
    space: qdrant ? null : space,
  });
  return new CodeSearch({
    store: qdrant ?? embedded,
    fallback: qdrant ? embedded : null,
    chunker: createChunker(),
    vectors: hybrid?.vectors ?? null,
    settings,
    logger,
  });
}

function openQdrant(
  { qdrant: { url, key }, deadlineScale }: Config,
  space: VectorSpace | null,
): QdrantStore | null {
  if (url === null) return null;
  try {
    return new QdrantStore({ url, key, deadlineScale, space });
  } catch (cause) {
    throw new ConfigError('QDRANT_URL', (cause as Error).message);
  }
}
