import { isUtf8 } from 'node:buffer';
import { CrosspointError } from '#protocol/errors.ts';
import { previewRewindCommand, revertCommand, rewindCommand } from '#protocol/workspace-commands.ts';
import type { ChangeScope, FileVersionsAnswer, RewindAnswer, RewindResult } from '#protocol/workspace.ts';
import { assertIdle } from '#server/store/assert-idle.ts';
import type { ThreadRow } from '#server/store/store.ts';
import type { Endpoint, EndpointParts } from '../endpoint.ts';
import { requirePath } from './files.ts';
import { threadOf } from './workspace.ts';

/** What was changed in the files of a thread, and how it is taken back. */

/** Bytes of a file's side that are shown. */
const maxShown = 1024 * 1024;

export const listChanges: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const scope = readScope(request.query.get('scope') ?? 'all');
  const sandbox = await parts.workspaces.open(thread);
  return { body: { files: await parts.workspaces.history.changes(sandbox, thread.id, scope) } };
};

export const compareFile: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const scope = readScope(request.query.get('scope') ?? 'all');
  const path = requirePath(request);
  const sandbox = await parts.workspaces.open(thread);
  const { before, after, hash, hunks } = await parts.workspaces.history.versions(
    sandbox,
    thread.id,
    scope,
    path,
  );
  const sides = [before, after].filter((side) => side !== null);
  const binary = sides.some((side) => side.includes(0) || !isUtf8(side));
  const isShown = !binary && sides.every((side) => side.byteLength <= maxShown);
  const textOf = (side: Uint8Array | null) => (isShown && side ? Buffer.from(side).toString() : null);
  const body: FileVersionsAnswer = {
    path,
    before: textOf(before),
    after: textOf(after),
    binary,
    hash,
    hunks: isShown ? hunks : [],
  };
  return { body };
};

export const revertChange: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { scope, path, hunk, hash } = await request.command(revertCommand);
  // A run would be pulled its files away, and what a review shows would be another thing than what it approves.
  await assertIdle(parts.store, thread.id);
  const sandbox = await parts.workspaces.open(thread);
  const { history } = parts.workspaces;
  const result = await history.revertHunk(sandbox, thread.id, readScope(scope), path, hunk, hash);
  await tell(parts, thread, result);
  return { body: result };
};

export const previewRewind: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { target } = await request.command(previewRewindCommand);
  const sandbox = await parts.workspaces.open(thread);
  return { body: await parts.workspaces.history.plan(sandbox, thread.id, target) };
};

/** The files first: a conversation that went back over files that did not would be the harder one to notice. */
export const rewind: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  const { target, what, planHash, onConflict } = await request.command(rewindCommand);
  if (what !== 'files' && target.kind !== 'message')
    throw new CrosspointError('bad_request', { detail: 'A conversation goes back to a message.' });
  await assertIdle(parts.store, thread.id);
  const body: RewindAnswer = { files: null, branchId: null };
  if (what !== 'conversation') {
    if (planHash === undefined)
      throw new CrosspointError('bad_request', {
        detail: 'Preview it first, and send the hash of its plan.',
      });
    const sandbox = await parts.workspaces.open(thread);
    const { history } = parts.workspaces;
    body.files = await history.apply(sandbox, thread.id, target, planHash, onConflict);
    await tell(parts, thread, body.files);
  }
  if (what !== 'files' && target.kind === 'message')
    body.branchId = await parts.agent.rewindConversation(request.userId, thread.id, target.messageId);
  return { body };
};

export const listRewinds: Endpoint = async (parts, request) => {
  const thread = await threadOf(parts, request);
  return { body: { rewinds: await parts.workspaces.history.rewinds(thread.id) } };
};

async function tell(
  parts: EndpointParts,
  thread: ThreadRow,
  { rewindId, files }: RewindResult,
): Promise<void> {
  const changed = files.filter(({ action }) => action !== 'kept').length;
  await parts.log.commit(thread.id, [{ type: 'workspace.rewound', data: { rewindId, files: changed } }]);
  await parts.workspaces.keep(thread);
}

function readScope(text: string): ChangeScope {
  if (text === 'all') return { kind: 'all' };
  const [, kind, id = ''] = /^(turn|step):(.{1,200})$/s.exec(text) ?? [];
  if (kind === 'turn') return { kind, runId: id };
  if (kind === 'step') return { kind, toolCallId: id };
  throw new CrosspointError('bad_request', { detail: 'The scope is "all", "turn:<run>" or "step:<call>".' });
}
