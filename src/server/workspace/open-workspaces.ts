import { randomUUID } from 'node:crypto';
import type { Config } from '#server/config.ts';
import { createProviders } from '#server/sandbox/create-providers.ts';
import type { Store } from '#server/store/store.ts';
import type { EventLog } from '#server/stream/log.types.ts';
import { createWorkspaceHistory } from './history/workspace-history.ts';
import type { WorkspacesLogger, WorkspacesParts } from './parts.ts';
import { ThreadWorkspaces } from './workspaces.ts';

/**
 * The sandboxes of threads, of every kind that the configuration has what is needed for.
 * @param options.npm the folder of an npm that is not below /usr, so that it is there inside the sandbox too
 */
export async function openWorkspaces(
  config: Config,
  { store, log }: { store: Store; log: EventLog },
  logger: WorkspacesLogger,
  options: { npm?: string } & Pick<WorkspacesParts, 'hasTerminal' | 'onRemoval'>,
): Promise<ThreadWorkspaces> {
  const providers = createProviders(config, {
    installId: await installIdOf(store),
    bind: async (sandboxId) => (await store.workspaces.sandbox(sandboxId))?.boundFolder ?? null,
    ...(options.npm === undefined ? {} : { npm: options.npm }),
  });
  const history = createWorkspaceHistory(store, config.dataDir, logger);
  const { hasTerminal, onRemoval } = options;
  return new ThreadWorkspaces({ store, log, providers, history, hasTerminal, onRemoval, logger });
}

async function installIdOf({ settings }: Store): Promise<string> {
  const known = await settings.get('install_id');
  if (known !== null) return known;
  const made = randomUUID();
  await settings.set('install_id', made);
  return made;
}
