import type { ConfigAnswer } from '#protocol/answers.ts';
import type { CodeSearchView } from '#protocol/code-index.ts';
import type { Config } from '#server/config.ts';
import type { SandboxHealth } from '#server/sandbox/sandbox.ts';
import type { Endpoint } from '../endpoint.ts';

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
    codeSearch: codeSearchOf(config),
    demoTask: parts.demoTask,
  };
  return { body };
};

/** What searches the code of workspaces. */
export function codeSearchOf({ qdrant, embeddingModel }: Config): CodeSearchView {
  return { store: qdrant.url === null ? 'embedded' : 'qdrant', embeddingModel };
}

function describeHealth(health: SandboxHealth): { ready: boolean; reason?: string } {
  return health.ok ? { ready: true } : { ready: false, reason: `${health.reason} ${health.remedy}` };
}
