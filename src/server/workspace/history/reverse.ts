import { isLink, sameEntry, type Entry } from './changes.ts';
import type { Difference, States } from './states.ts';

/** What becomes of one path when what was done to it is taken back. */
export interface Reversal {
  path: string;
  now: Entry | null;
  /** With what others did to the file since kept in it; as it is now where that cannot be. */
  result: Entry | null;
  /** As it was before the first of what is taken back, whatever others did since. */
  forced: Entry | null;
  /** Others changed the same lines since, or the file is no text. */
  isConflict: boolean;
  isMerged: boolean;
}

interface Going extends Reversal {
  /** What is still to be taken back, the newest first. */
  left: Difference[];
}

/**
 * Takes changes back, the newest first, each by a merge of three sides: the file after the change, as it is, and before the
 * change. What a person did between two of them, or since, stays.
 * @param changes of each span, the newest span first
 */
export async function reverse(
  states: States,
  now: ReadonlyMap<string, Entry | null>,
  changes: readonly (readonly Difference[])[],
): Promise<Reversal[]> {
  const byPath = new Map<string, Difference[]>();
  for (const change of changes.flat()) byPath.set(change.path, [...(byPath.get(change.path) ?? []), change]);
  const all = [...byPath].map(([path, left]): Going => {
    const entry = now.get(path) ?? null;
    const forced = left.at(-1)?.before ?? null;
    return { path, now: entry, result: entry, forced, isConflict: false, isMerged: false, left };
  });
  for (let open = all; open.length > 0; open = open.filter(({ left }) => left.length > 0)) {
    const merges = open.flatMap((each) => advance(each) ?? []);
    const merged = await states.merge(merges.map(({ sides }) => sides));
    for (const [index, { each, mode }] of merges.entries()) settle(each, mode, merged[index] ?? null);
  }
  return all.map(({ left: _left, ...reversal }) => reversal);
}

interface Merge {
  each: Going;
  mode: string;
  sides: { base: string; ours: string; theirs: string };
}

/** As far as it goes without a look into the files. @returns the merge that is needed to go on */
function advance(each: Going): Merge | null {
  for (let change = each.left[0]; change; change = each.left[0]) {
    const { before, after } = change;
    const { result: ours } = each;
    if (sameEntry(ours, after)) each.result = before;
    else if (!sameEntry(ours, before)) {
      if (!ours || !before || !after || isLink(change) || isLink({ before: ours, after: ours })) {
        giveUp(each);
        return null;
      }
      const mode = ours.mode === after.mode ? before.mode : ours.mode;
      if (ours.object === after.object) each.result = { mode, object: before.object };
      else if (before.object === after.object || ours.object === before.object)
        each.result = { mode, object: ours.object };
      else return { each, mode, sides: { base: after.object, ours: ours.object, theirs: before.object } };
    }
    each.left.shift();
  }
  return null;
}

function settle(each: Going, mode: string, object: string | null): void {
  if (object === null) return giveUp(each);
  each.result = { mode, object };
  each.isMerged = true;
  each.left.shift();
}

function giveUp(each: Going): void {
  Object.assign(each, { result: each.now, isConflict: true, isMerged: false, left: [] });
}
