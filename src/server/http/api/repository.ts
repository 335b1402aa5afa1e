import { CrosspointError } from '#protocol/errors.ts';
import { folderCommand, pullRequestCommand, pushCommand } from '#protocol/repository-commands.ts';
import { branchCommand, cloneCommand, commitCommand } from '#protocol/workspace-commands.ts';
import { GitHub } from '#server/git/github.ts';
import { openPullRequest, pushBranch } from '#server/git/push.ts';
import { cloneRepository, commitAll, startBranch, viewRepository } from '#server/git/repository.ts';
import { allowedFolder, importFolder } from '#server/workspace/import-folder.ts';
import type { Endpoint, EndpointParts } from '../endpoint.ts';
import { openSandbox, threadOf } from './workspace.ts';

/** The person's repository in a workspace, and folders of this machine that become one. */

export const getGit: Endpoint = async (parts, request) => {
  const sandbox = await openSandbox(parts, request);
  return { body: await viewRepository(sandbox) };
};

export const cloneGit: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { url, branch } = await request.command(cloneCommand);
  const sandbox = await parts.workspaces.open(thread);
  await cloneRepository(sandbox, url, branch);
  await parts.workspaces.keep(thread);
  return { body: await viewRepository(sandbox) };
};

export const branchGit: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { name } = await request.command(branchCommand);
  const sandbox = await parts.workspaces.open(thread);
  await startBranch(sandbox, name);
  await parts.workspaces.keep(thread);
  return { body: await viewRepository(sandbox) };
};

export const commitGit: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { message } = await request.command(commitCommand);
  const sandbox = await parts.workspaces.open(thread);
  await commitAll(sandbox, message);
  await parts.workspaces.keep(thread);
  return { body: await viewRepository(sandbox) };
};

export const pushGit: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { remote } = await request.command(pushCommand);
  const github = gitHubOf(parts);
  const sandbox = await parts.workspaces.open(thread);
  const pushed = await pushBranch(sandbox, github, remote);
  return { body: { pushed, git: await viewRepository(sandbox) } };
};

export const pullRequestGit: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { base, ...rest } = await request.command(pullRequestCommand);
  const github = gitHubOf(parts);
  const sandbox = await parts.workspaces.open(thread);
  return { body: await openPullRequest(sandbox, github, { ...rest, base: base ?? null }) };
};

export const importWorkspace: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { folder } = await request.command(folderCommand);
  const path = await allowedFolder(folder, parts.config.importFolders, 'IMPORT_FOLDERS');
  const sandbox = await parts.workspaces.open(thread);
  await importFolder(sandbox, path, parts.config.dataDir);
  await parts.workspaces.keep(thread);
  return { body: await viewRepository(sandbox) };
};

/** What the agent does there is done to the person's own files. */
export const bindWorkspace: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { folder } = await request.command(folderCommand);
  const path = await allowedFolder(folder, parts.config.bindFolders, 'BIND_FOLDERS');
  await parts.workspaces.bind(thread, path);
  await parts.terminals.closeOf(thread.id);
  return { body: { sandbox: await parts.workspaces.view(thread) } };
};

function gitHubOf({ config }: EndpointParts): GitHub {
  const { token, url, apiUrl } = config.github;
  if (token === null) throw new CrosspointError('push_not_configured');
  return new GitHub({ token, url, apiUrl });
}
