import { moveSandboxCommand } from '#protocol/workspace-commands.ts';
import type { Endpoint } from '../endpoint.ts';
import { threadOf } from './workspace.ts';

/** Where the commands of a thread run, and where else they could. Starts nothing. */
export const getSandbox: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const [sandbox, providers] = await Promise.all([
    parts.workspaces.view(thread),
    parts.workspaces.selfTests(),
  ]);
  return { body: { sandbox, providers } };
};

/** The files travel by snapshot; terminals and what runs in them stay behind. */
export const moveSandbox: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { type } = await request.command(moveSandboxCommand);
  await parts.workspaces.move(thread, type);
  await parts.terminals.closeOf(thread.id);
  return { body: { sandbox: await parts.workspaces.view(thread) } };
};
