import type { FileChange } from '#protocol/workspace.ts';

/** A file in a tree: its mode as git writes it, and its object. */
export interface Entry {
  mode: string;
  object: string;
}

/** What one path holds on both sides of a comparison; null: nothing. */
export interface Change {
  path: string;
  before: Entry | null;
  after: Entry | null;
  /** null: no text. */
  additions: number | null;
  deletions: number | null;
  /** Of the file after. */
  size: number;
}

export interface State {
  commit: string;
  leftOut: string[];
  /** With which commit `changes` compares it; null when nothing changed or nobody asked. */
  since: string | null;
  changes: Change[];
}

const link = '120000';

/** Reads what `tell_state` and `tell_changes` of scripts/common.sh print. */
export function readState(fields: readonly string[]): State {
  const state: State = { commit: '', leftOut: [], since: null, changes: [] };
  for (const [index, field] of fields.entries()) {
    const [, key, value = ''] = /^(commit|left|since) (.*)$/s.exec(field) ?? [];
    if (key === 'commit') state.commit = value;
    if (key === 'left') state.leftOut.push(value);
    if (key === 'since') state.since = value;
    if (field === 'raw') return { ...state, changes: readChanges(fields.slice(index)) };
  }
  return state;
}

/** @param fields pairs of modes and path, as `git diff-tree --raw -z` prints them */
export function readEntries(fields: readonly string[]): Pick<Change, 'path' | 'before' | 'after'>[] {
  const found = [];
  for (let at = 0; fields[at]?.startsWith(':'); at += 2) {
    const [oldMode = '', mode = '', oldObject = '', object = ''] = fields[at]?.slice(1).split(' ') ?? [];
    found.push({
      path: fields[at + 1] ?? '',
      before: entryOf(oldMode, oldObject),
      after: entryOf(mode, object),
    });
  }
  return found;
}

/** @param fields from `raw` on: pairs of modes and path, then lines, then sizes */
export function readChanges(fields: readonly string[]): Change[] {
  const start = fields.indexOf('raw') + 1;
  const changes: Change[] = readEntries(fields.slice(start)).map((entry) => ({
    ...entry,
    additions: null,
    deletions: null,
    size: 0,
  }));
  let at = start + changes.length * 2;
  const byPath = new Map(changes.map((change) => [change.path, change]));
  for (at += 1; at < fields.length && fields[at] !== 'sizes'; at += 1) {
    const [added = '', deleted = '', ...path] = fields[at]?.split('\t') ?? [];
    const change = byPath.get(path.join('\t'));
    if (change && added !== '-' && !isLink(change))
      Object.assign(change, { additions: Number(added), deletions: Number(deleted) });
  }
  const sizes = new Map(fields.slice(at + 1).map((line) => line.split(' ') as [string, string]));
  for (const change of changes) change.size = Number(sizes.get(change.after?.object ?? '') ?? 0);
  return changes;
}

export function fileChangeOf({ path, before, after, additions, deletions, size }: Change): FileChange {
  const modeOnly = before && after && before.object === after.object && !isLink({ before, after });
  const status = !before ? 'added' : !after ? 'deleted' : modeOnly ? 'mode' : 'modified';
  return { path, status, additions, deletions, binary: additions === null, size };
}

export function sameEntry(one: Entry | null, other: Entry | null): boolean {
  return one?.mode === other?.mode && one?.object === other?.object;
}

export function isLink({ before, after }: Pick<Change, 'before' | 'after'>): boolean {
  return before?.mode === link || after?.mode === link;
}

function entryOf(mode: string, object: string): Entry | null {
  return mode === '000000' ? null : { mode, object };
}
