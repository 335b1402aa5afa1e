import type { ConfigAnswer } from '#protocol/answers.ts';
import type { CodeSearchView } from '#protocol/code-index.ts';
import type { SandboxHealth } from '#server/sandbox/sandbox.ts';
import { describeHybrid } from '#server/search/hybrid/describe.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Services } from '../services.ts';

type CodeSearchParts = Pick<Services, 'config' | 'hybrid'>;

/** What is configured, never a secret: every field is chosen here, nothing is copied from the configuration. */
export const getConfig: Endpoint = async (parts) => {
  const { config, workspaces } = parts;
  const body: ConfigAnswer = {
    version: parts.version,
    providers: parts.providerStates(),
    defaultModel: parts.models.defaultConfig(),
    helicone: config.helicone.key === null ? null : { mode: config.helicone.mode },
    sandbox: { provider: workspaces.defaultType, ...describeHealth(await workspaces.selfTest()) },
    store: config.databaseUrl === null ? 'sqlite' : 'postgres',
    webSearch: parts.searchesWeb,
    fastApply: config.morph.key !== null,
    codeSearch: codeSearchOf(parts),
    demoTask: parts.demoTask,
  };
  return { body };
};

/** What searches the code of workspaces. */
export function codeSearchOf({ config: { qdrant }, hybrid }: CodeSearchParts): CodeSearchView {
  const store = qdrant.url === null ? 'embedded' : 'qdrant';
  if (!hybrid) return { store, embeddingModel: null };
  const vectors = describeHybrid(hybrid);
  return { store, embeddingModel: hybrid.isUsed ? hybrid.model : null, vectors };
}

function describeHealth(health: SandboxHealth): { ready: boolean; reason?: string } {
  return health.ok ? { ready: true } : { ready: false, reason: `${health.reason} ${health.remedy}` };
}
