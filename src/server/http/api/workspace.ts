import { CrosspointError } from '#protocol/errors.ts';
import { openPreviewCommand } from '#protocol/workspace-commands.ts';
import type { TerminalView } from '#protocol/workspace.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { listeningPorts } from '#server/workspace/ports.ts';
import type { ApiRequest, Endpoint, EndpointParts } from '../endpoint.ts';

/** What runs in the sandbox of a thread. */

export const listTerminals: Endpoint = async (parts, request) => {
  const { id } = await threadOf(parts, request);
  const terminals: TerminalView[] = parts.terminals
    .list(id)
    .map((terminal) => ({ id: terminal.id, alive: terminal.isAlive, startedAt: terminal.startedAt }));
  return { body: { terminals } };
};

export const listPorts: Endpoint = async (parts, request) => {
  const sandbox = await openSandbox(parts, request);
  return { body: { ports: await listeningPorts(sandbox) } };
};

export const openPreview: Endpoint = async (parts, request) => {
  const { userId, id } = await threadOf(parts, request);
  const { port } = await request.command(openPreviewCommand);
  return { body: parts.previews.open(userId, id, port) };
};

/** @throws `not_found` for a thread of somebody else, as for none */
export async function threadOf(
  { store }: Pick<EndpointParts, 'store'>,
  { userId, id }: Pick<ApiRequest, 'userId' | 'id'>,
): Promise<ThreadRow> {
  const thread = await store.threads.get(userId, id);
  if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
  return thread;
}

/** The id of a sandbox comes from a thread of this person, never from the request (rule R19). */
export async function openSandbox(
  parts: Pick<EndpointParts, 'store' | 'workspaces'>,
  request: Pick<ApiRequest, 'userId' | 'id'>,
): Promise<Sandbox> {
  return parts.workspaces.open(await threadOf(parts, request));
}
