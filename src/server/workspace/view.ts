import type { SandboxView } from '#protocol/workspace.ts';
import type { ThreadSandboxRow } from '#server/store/workspaces.types.ts';
import type { WorkspacesParts } from './parts.ts';

/** Milliseconds after which a service that does not answer is called unreachable in the page. */
const answerMs = 5_000;

/** Starts nothing. */
export async function viewSandbox(
  { history, providers }: Pick<WorkspacesParts, 'history' | 'providers'>,
  { threadId, provider, ref, generation, boundFolder }: ThreadSandboxRow,
): Promise<SandboxView> {
  const snapshot = await history.snapshot(threadId);
  return {
    type: provider,
    state: ref === null ? 'new' : await stateWithin(answerMs, stateOf(providers, provider, threadId, ref)),
    generation,
    lastSnapshotAt: snapshot?.createdAt ?? null,
    network: providers.network(provider),
    boundFolder,
  };
}

/** A key that was taken out of the configuration leaves a sandbox that nobody can ask. */
async function stateOf(
  providers: WorkspacesParts['providers'],
  provider: ThreadSandboxRow['provider'],
  sandboxId: string,
  ref: string,
): Promise<SandboxView['state']> {
  return providers.get(provider).state(sandboxId, ref);
}

async function stateWithin(ms: number, state: Promise<SandboxView['state']>): Promise<SandboxView['state']> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'unreachable'>((resolve) => {
    timer = setTimeout(() => resolve('unreachable'), ms);
  });
  try {
    return await Promise.race([state.catch(() => 'unreachable' as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
