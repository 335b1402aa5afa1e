import { codeStoreContract } from '#server/search/contract.ts';
import { QdrantStore } from '#server/search/stores/qdrant/qdrant-store.ts';
import { startQdrant } from '#tests/support/qdrant/server.ts';

codeStoreContract('Qdrant, the real client against a strict emulator', async () => {
  const server = await startQdrant({ key: 'qdrant-key' });
  return {
    open: (space) => new QdrantStore({ url: server.url, key: 'qdrant-key', deadlineScale: 1, space }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});
