import type { ThreadEvent, NewEvent } from '#protocol/events.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ToolCallRow } from '#server/store/store.ts';
import { workspacePath } from './tools/text-file.ts';
import type { ApprovedChange, ToolOutcome } from './tools/tool.ts';

/**
 * The files that calls of one run have changed: a later call of the same review may build on them, although its diff was
 * shown before. What anybody else changes meanwhile makes that diff stale.
 */
export class OwnChanges {
  readonly #files = new Map<string, string | 'unknown'>();

  /** @param events of the record of the call: a command tells of what it changed in no other way */
  add({ file }: ToolOutcome, events: readonly (NewEvent | ThreadEvent)[]): void {
    for (const { type, data } of events)
      if (type === 'workspace.changed') for (const { path } of data.files) this.#files.set(path, 'unknown');
    if (file) this.#files.set(file.path, file.hash);
  }

  made(path: string, hash: string | null): boolean {
    const known = this.#files.get(path);
    return known === 'unknown' || (known !== undefined && known === hash);
  }
}

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
  return { path, accepts: (hash) => hash === base || own.made(path, hash) };
}
