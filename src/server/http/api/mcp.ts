import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import {
  mcpCallback,
  mcpCallbackPath,
  mcpConsent,
  mcpRule,
  mcpServerConfig,
  type McpAnswer,
  type McpSignIn,
  type OfferedMcpServer,
} from '#protocol/mcp.ts';
import { mostOfferedBytes, offeredPath, readOffered } from '#server/mcp/offered-file.ts';
import type { ApiRequest, Endpoint, EndpointParts } from '../endpoint.ts';

const nothing = v.object({});

/** The servers of every thread, and, with `threadId`, of that one's workspace. No secret is ever in it: only names of variables. */
export const listMcp: Endpoint = async (parts, request) => {
  const threadId = request.query.get('threadId');
  if (threadId) await assertOwn(parts, request, threadId);
  const servers = parts.mcp.list(threadId);
  const known = new Set(servers.map(({ name }) => name));
  const offered = threadId ? await offeredBy(parts, request, threadId) : [];
  const body: McpAnswer = { servers, offered: offered.filter(({ name }) => !known.has(name)) };
  return { body };
};

/** Nothing is asked or started yet. */
export const addMcp: Endpoint = async (parts, request) => {
  const config = await request.command(mcpServerConfig);
  if (config.transport.type === 'stdio') await assertOwn(parts, request, config.transport.threadId);
  return { body: await parts.mcp.add(config) };
};

/** The whole of it; another address or command is another server, whose tools have to be agreed to again. */
export const changeMcp: Endpoint = async (parts, request) => {
  parts.mcp.assertThere(request.id);
  const config = await request.command(mcpServerConfig);
  if (config.transport.type === 'stdio') await assertOwn(parts, request, config.transport.threadId);
  return { body: await parts.mcp.change(request.id, config) };
};

export const removeMcp: Endpoint = async ({ mcp }, { id }) => {
  await mcp.remove(id);
  return { body: { removed: true } };
};

/** Connects, starts a program inside of the sandbox where that is needed, and reads the list of tools. */
export const lookAtMcp: Endpoint = async ({ mcp }, request) => {
  mcp.assertThere(request.id);
  await request.command(nothing);
  return { body: await mcp.look(request.id) };
};

/** Models are told of exactly these tools from now on, as they were shown. */
export const agreeToMcp: Endpoint = async ({ mcp }, request) => {
  mcp.assertThere(request.id);
  const { tools } = await request.command(mcpConsent);
  return { body: await mcp.agree(request.id, tools) };
};

/** Lets calls of one tool, as it is now, pass without a review, or takes that back. */
export const ruleMcp: Endpoint = async ({ mcp }, request) => {
  mcp.assertThere(request.id);
  const { hash, tool, allowed } = await request.command(mcpRule);
  return { body: await mcp.setRule(request.id, hash, tool, allowed) };
};

/** Where the person says yes; they come back to our page, at the host that they use now, whose cookie they have. */
export const signInToMcp: Endpoint = async ({ mcp }, request) => {
  mcp.assertThere(request.id);
  await request.command(nothing);
  const redirectUrl = `http://${request.header('host')}${mcpCallbackPath}`;
  const body: McpSignIn = { url: await mcp.signIn(request.id, request.userId, redirectUrl) };
  return { body };
};

/**
 * Sent by our page: the cookie is `Strict`, so the browser does not send it along when another site leads here, and nobody
 * would be signed in.
 */
export const finishMcpSignIn: Endpoint = async ({ mcp }, request) => ({
  body: await mcp.finishSignIn(await request.command(mcpCallback), request.userId),
});

export const signOutOfMcp: Endpoint = async ({ mcp }, { id }) => ({ body: await mcp.signOut(id) });

async function offeredBy(
  parts: EndpointParts,
  request: ApiRequest,
  threadId: string,
): Promise<OfferedMcpServer[]> {
  const thread = await assertOwn(parts, request, threadId);
  try {
    const sandbox = await parts.workspaces.open(thread);
    return readOffered(await sandbox.files.read(offeredPath, { maxBytes: mostOfferedBytes }), threadId);
  } catch (cause) {
    // An offer is a convenience: without the file, or the sandbox, there is none.
    if (cause instanceof CrosspointError) return [];
    throw cause;
  }
}

async function assertOwn({ store }: EndpointParts, { userId }: ApiRequest, threadId: string) {
  const thread = await store.threads.get(userId, threadId);
  if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
  return thread;
}
