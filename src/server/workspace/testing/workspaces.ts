import { SandboxProviders } from '#server/sandbox/providers.ts';
import type { SandboxProvider } from '#server/sandbox/sandbox.ts';
import type { Store } from '#server/store/store.ts';
import type { EventLog } from '#server/stream/log.types.ts';
import { createWorkspaceHistory } from '../history/workspace-history.ts';
import { ThreadWorkspaces } from '../workspaces.ts';

const none = { provider: null, remedy: 'Set its key.' } as const;

/** The real manager and history over one provider, in a test's data directory. */
export function testWorkspaces(
  { store, log, dataDir }: { store: Store; log: EventLog; dataDir: string },
  ...providers: Pick<SandboxProvider, keyof SandboxProvider>[]
): ThreadWorkspaces {
  const logger = { warn: () => undefined };
  const choiceOf = (name: SandboxProvider['name']) => {
    const provider = providers.find((each) => each.name === name);
    return provider ? { provider, network: [] } : none;
  };
  const choices = { local: choiceOf('local'), e2b: choiceOf('e2b'), daytona: choiceOf('daytona') };
  const history = createWorkspaceHistory(store, dataDir, logger);
  const first = providers[0]?.name ?? 'local';
  return new ThreadWorkspaces({
    store,
    log,
    providers: new SandboxProviders(first, choices),
    history,
    hasTerminal: () => false,
    onRemoval: () => Promise.resolve(),
    logger,
  });
}
