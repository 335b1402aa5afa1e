/** A run of equal, removed or added items; indexes into the old and the new list. */
export interface EditRun {
  kind: 'same' | 'del' | 'add';
  oldStart: number;
  newStart: number;
  length: number;
}

/** Steps of the search; beyond them the rest counts as replaced, so that two unrelated files cost no minute. */
const searchLimit = 1_000;

/** The shortest edit script between two lists (Myers, O(ND)), after what is common at both ends is set aside. */
export function shortestEdit(before: readonly string[], after: readonly string[]): EditRun[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const runs = new Runs();
  runs.add('same', start);
  const trace = search(before.slice(start, before.length - end), after.slice(start, after.length - end));
  for (const [kind, length] of trace) runs.add(kind, length);
  runs.add('same', end);
  return runs.list;
}

type Step = [EditRun['kind'], number];

class Runs {
  readonly list: EditRun[] = [];
  #old = 0;
  #new = 0;

  add(kind: EditRun['kind'], length: number): void {
    if (length === 0) return;
    const last = this.list.at(-1);
    if (last?.kind === kind) last.length += length;
    else this.list.push({ kind, oldStart: this.#old, newStart: this.#new, length });
    if (kind !== 'add') this.#old += length;
    if (kind !== 'del') this.#new += length;
  }
}

function search(before: readonly string[], after: readonly string[]): Step[] {
  const replaced: Step[] = [
    ['del', before.length],
    ['add', after.length],
  ];
  if (before.length === 0 || after.length === 0) return replaced;
  const offset = before.length + after.length;
  /** The furthest old index that is reached on each diagonal, one snapshot for each distance. */
  let furthest = new Int32Array(2 * offset + 2);
  const history: Int32Array[] = [];
  for (let distance = 0; distance <= Math.min(offset, searchLimit); distance += 1) {
    history.push(furthest.slice());
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const at = offset + diagonal;
      let old = goesDown(furthest, at, diagonal, distance) ? furthest[at + 1]! : furthest[at - 1]! + 1;
      while (old < before.length && old - diagonal < after.length && before[old] === after[old - diagonal])
        old += 1;
      furthest[at] = old;
      if (old >= before.length && old - diagonal >= after.length)
        return walkBack(history, before.length, after.length, offset);
    }
  }
  furthest = new Int32Array(0);
  return replaced;
}

function goesDown(furthest: Int32Array, at: number, diagonal: number, distance: number): boolean {
  return diagonal === -distance || (diagonal !== distance && furthest[at - 1]! < furthest[at + 1]!);
}

function walkBack(history: Int32Array[], oldLength: number, newLength: number, offset: number): Step[] {
  const steps: Step[] = [];
  let old = oldLength;
  let next = newLength;
  for (let distance = history.length - 1; distance >= 0; distance -= 1) {
    const furthest = history[distance]!;
    const diagonal = old - next;
    const down = goesDown(furthest, offset + diagonal, diagonal, distance);
    const previous = diagonal + (down ? 1 : -1);
    const previousOld = distance === 0 ? 0 : furthest[offset + previous]!;
    const previousNew = distance === 0 ? 0 : previousOld - previous;
    const same = Math.min(old - previousOld, next - previousNew);
    if (same > 0) steps.push(['same', same]);
    if (distance > 0) steps.push([down ? 'add' : 'del', 1]);
    old = previousOld;
    next = previousNew;
  }
  return steps.reverse();
}
