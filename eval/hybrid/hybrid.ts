import { readConfig } from '#server/config.ts';
import { createEmbeddings } from '#server/gateway/embeddings/embeddings.ts';
import { KeyRouter } from '#server/gateway/routing/key-router.ts';
import { emptyGatewayConfig } from '#server/gateway/routing/gateway-config.ts';
import { ModelRouter } from '#server/gateway/routing/router.ts';
import { ownerId } from '#server/http/services.ts';
import { createModelManager } from '#server/models/model-manager.ts';
import { readEnvironment } from '#server/process/environment-file.ts';
import { describeHybrid } from '#server/search/hybrid/describe.ts';
import { openHybrid } from '#server/search/hybrid/open-hybrid.ts';
import { openStore } from '#server/store/open-store.ts';

type Print = (line: string) => void;

/**
 * Measures the model of `EMBEDDING_MODEL`, with the person's own key, and keeps the verdict in the data directory: a server
 * uses the model only with a gain. Some 1,300 vectors, about 200,000 tokens, once. Every verdict is a good result.
 */
export async function evaluateHybrid(print: Print): Promise<boolean> {
  const config = readConfig(readEnvironment(process.env, process.cwd()));
  const { embeddingModel: model, dataDir, helicone, deadlineScale } = config;
  if (model === null) {
    print('not run: set EMBEDDING_MODEL, e.g. openai/text-embedding-3-small or ollama/nomic-embed-text');
    return true;
  }
  const store = await openStore(dataDir);
  const logger = quiet;
  const models = await createModelManager({ config, settings: store.settings, logger });
  const connections = models.connections();
  const keys = new KeyRouter({
    connections,
    config: () => emptyGatewayConfig,
    secretOf: config.secretOf,
    logger,
  });
  const router = new ModelRouter(models, keys);
  const { ledger, settings } = store;
  const embeddings = createEmbeddings({ router, admissions: null, ledger, helicone, deadlineScale, logger });
  const hybrid = await openHybrid({ model, embeddings, dataDir, settings, ownerId, logger });
  try {
    const { signal } = new AbortController();
    await models.refresh(signal);
    const verdict = await hybrid.measure(signal);
    const { words, hybrid: both, certainty, chunks } = verdict;
    print(
      `recall@10 ${words.recall.toFixed(2)} by words, ${both.recall.toFixed(2)} with vectors; ${chunks} chunks`,
    );
    print(`gain over its standard error ${certainty.toFixed(1)}; 1.6 is a gain`);
    print(describeHybrid({ model, isUsed: false, verdict }));
    return true;
  } finally {
    await hybrid.close();
    await embeddings.close();
    models.close();
    await store.close();
  }
}

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
