import { randomUUID } from 'node:crypto';
import { codeStoreContract } from '#server/search/contract.ts';
import { QdrantStore } from '#server/search/stores/qdrant/qdrant-store.ts';
import type { StoreBench } from '#server/search/testing/store-bench.ts';
import type { CodeStore, VectorSpace } from '#server/search/types.ts';
import { startQdrant } from '#tests/support/qdrant/server.ts';

codeStoreContract('Qdrant, the real client against a strict emulator', async () => {
  const server = await startQdrant({ key: 'qdrant-key' });
  return {
    open: (space) => new QdrantStore({ url: server.url, key: 'qdrant-key', deadlineScale: 1, space }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

const { QDRANT_TEST_URL, QDRANT_URL, QDRANT_API_KEY } = process.env;
const url = QDRANT_TEST_URL ?? QDRANT_URL;
const skip = url ? undefined : 'no server: set QDRANT_TEST_URL, and QDRANT_API_KEY where it asks for one';

codeStoreContract('Qdrant, a real server', () => Promise.resolve(realBench(url as string)), skip);

/** In workspaces of its own, which are removed at the end: the server may be in use. */
function realBench(address: string): StoreBench {
  const prefix = `contract ${randomUUID()} `;
  const used = new Set<string>();
  const openStore = (space: VectorSpace | null) =>
    new QdrantStore({ url: address, key: QDRANT_API_KEY ?? null, deadlineScale: 1, space });
  return {
    open(space): CodeStore {
      const store = openStore(space);
      return {
        name: 'qdrant',
        workspace(id) {
          used.add(id);
          return store.workspace(prefix + id);
        },
        removeWorkspace: (id) => store.removeWorkspace(prefix + id),
        close: () => store.close(),
      };
    },
    async [Symbol.asyncDispose]() {
      const store = openStore(null);
      for (const id of used) await store.removeWorkspace(prefix + id);
      await store.close();
    },
  };
}
