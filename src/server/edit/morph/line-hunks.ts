/** Lines that differ, as half-open ranges of both sides. */
export interface Hunk {
  before: [start: number, end: number];
  after: [start: number, end: number];
}

/** Differing lines, beyond which a comparison is not worth its time and memory. */
const maxDistance = 2_000;

/**
 * The shortest way from one text to the other (Myers, "An O(ND) Difference Algorithm", 1986).
 * @returns null when more than 2,000 lines differ
 */
export function lineHunks(before: readonly string[], after: readonly string[]): Hunk[] | null {
  const trace = shortestPath(before, after);
  return trace && hunksOf(keptPairs(trace, before.length, after.length), before.length, after.length);
}

/** For each distance, how far into `before` the furthest path on each diagonal had come. */
function shortestPath(before: readonly string[], after: readonly string[]): Int32Array[] | null {
  const trace: Int32Array[] = [];
  const all = Math.min(before.length + after.length, maxDistance);
  const reach = new Int32Array(2 * all + 3);
  for (let distance = 0; distance <= all; distance += 1) {
    trace.push(reach.slice(all - distance, all + distance + 3));
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const at = all + 1 + diagonal;
      const isDown =
        diagonal === -distance || (diagonal !== distance && (reach[at - 1] ?? 0) < (reach[at + 1] ?? 0));
      let x = isDown ? (reach[at + 1] ?? 0) : (reach[at - 1] ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      reach[at] = x;
      if (x >= before.length && x - diagonal >= after.length) return trace;
    }
  }
  return null;
}

type Pair = [before: number, after: number];

/** The lines that both have, found from the end of the path to its beginning. */
function keptPairs(trace: readonly Int32Array[], beforeLength: number, afterLength: number): Pair[] {
  const kept: Pair[] = [];
  let [x, y] = [beforeLength, afterLength];
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const reach = trace[distance] as Int32Array;
    const diagonal = x - y;
    const at = (offset: number) => reach[distance + 1 + diagonal + offset] ?? 0;
    const isDown = diagonal === -distance || (diagonal !== distance && at(-1) < at(1));
    const fromX = distance === 0 ? 0 : isDown ? at(1) : at(-1);
    const fromY = distance === 0 ? 0 : fromX - (diagonal + (isDown ? 1 : -1));
    while (x > fromX && y > fromY && !(distance > 0 && isStepEnd(x, y, fromX, fromY, isDown))) {
      x -= 1;
      y -= 1;
      kept.push([x, y]);
    }
    [x, y] = [fromX, fromY];
  }
  return kept.reverse();
}

/** Whether what is left between two points of the path is the one line that was added or removed. */
function isStepEnd(x: number, y: number, fromX: number, fromY: number, isDown: boolean): boolean {
  return isDown ? x === fromX : y === fromY;
}

function hunksOf(kept: readonly Pair[], beforeLength: number, afterLength: number): Hunk[] {
  const hunks: Hunk[] = [];
  let [x, y] = [0, 0];
  for (const [keptX, keptY] of [...kept, [beforeLength, afterLength] as Pair]) {
    if (keptX > x || keptY > y) hunks.push({ before: [x, keptX], after: [y, keptY] });
    [x, y] = [keptX + 1, keptY + 1];
  }
  return hunks;
}
