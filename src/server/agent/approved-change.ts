import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { StoreTables, ToolCallRow } from '#server/store/store.ts';
import { currentHash, workspacePath } from './tools/text-file.ts';
import type { ApprovedChange, ToolOutcome } from './tools/tool.ts';

/** What the calls of one run have made of files, by path: a later call of the same review may build on it. */
export type OwnChanges = Map<string, string | null>;

/**
 * What an edit may be made on. Where nobody was asked it is computed when it is made, unless its text is bound to it; a
 * person's own arguments unbind it.
 */
export function approvedChange(
  { change, decision }: ToolCallRow,
  edited: boolean,
  sandbox: Sandbox,
  own: OwnChanges,
): ApprovedChange | null {
  if (!change) return null;
  const text = edited ? undefined : change.text;
  if (text === undefined && decision?.by !== 'user') return null;
  const path = workspacePath(sandbox, change.path);
  // A text that was made from the file as it was cannot be put over what anybody made of it since.
  if (text !== undefined) return { path, accepts: (hash) => hash === change.base, text };
  const base = decision?.base === undefined ? change.base : decision.base;
  return { path, accepts: (hash) => hash === base || (own.has(path) && own.get(path) === hash) };
}

/** Runs a command, and notes what it makes of the files that edits of the same answer wait to change. */
export async function notingOwnChanges(
  store: StoreTables,
  { threadId, messageId }: ToolCallRow,
  { sandbox, own }: { sandbox: Sandbox; own: OwnChanges },
  run: () => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  const calls = await store.toolCalls.list(threadId, { messageId, open: true });
  const expected: string[] = [];
  for (const call of calls) {
    const approved = approvedChange(call, true, sandbox, own);
    if (!approved) continue;
    const hash = await currentHash(sandbox, approved.path);
    // What anybody else has changed before stays unseen, whatever the command does with it.
    if (hash !== 'unknown' && approved.accepts(hash)) expected.push(approved.path);
  }
  const outcome = await run();
  for (const path of expected) {
    const hash = await currentHash(sandbox, path);
    if (hash !== 'unknown') own.set(path, hash);
  }
  return outcome;
}
