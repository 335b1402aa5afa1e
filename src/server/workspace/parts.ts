import type { SandboxProviders } from '#server/sandbox/providers.ts';
import type { Store } from '#server/store/store.ts';
import type { EventLog } from '#server/stream/log.types.ts';
import type { WorkspaceHistory } from './types.ts';

/** What the sandboxes of threads are made of; wired in `open-workspaces.ts`. */
export interface WorkspacesParts {
  store: Store;
  log: EventLog;
  providers: SandboxProviders;
  history: WorkspaceHistory;
  /** A person works in the sandbox of this thread by hand, in a terminal. */
  hasTerminal: (threadId: string) => boolean;
  /** A workspace goes for good, with everything that is kept of it elsewhere. */
  onRemoval: (sandboxId: string) => Promise<void>;
  logger: WorkspacesLogger;
}

export interface WorkspacesLogger {
  warn(details: object, message: string): void;
}
