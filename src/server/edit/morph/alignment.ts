import type { UpdateLines } from './update-lines.ts';

/** Pairs of lines that are compared at most; more is not worth its memory. */
const maxPairs = 4_000_000;
const impossible = -1_000_000;
/** So that a line that is new counts more than any number of neighbours. */
const newLine = 1_000;

/**
 * Finds every line of an update in the merged text, in order: where there is a choice, so that as many new lines as possible
 * are explained, and neighbours stay neighbours. Blank lines beside markers may be missing.
 * @param isNew by line of the merged text
 * @returns by line of the merged text the line of the update that it is, or -1; or the line that is missing; or that there is
 * too much to compare
 */
export function alignUpdate(
  { lines, markerBefore }: UpdateLines,
  merged: readonly string[],
  isNew: readonly boolean[],
): { of: Int32Array } | { missing: string } | 'too large' {
  const keys = lines.map((line) => line.trimEnd());
  const asked = new Set(keys);
  const places = [...merged.keys()].filter((at) => asked.has((merged[at] ?? '').trimEnd()));
  if ((places.length + 1) * (keys.length + 1) > maxPairs) return 'too large';
  const isLoose = looseBlanks(keys, markerBefore);
  const table = new Table(keys, places, {
    equal: (line, place) => keys[line] === (merged[places[place] ?? 0] ?? '').trimEnd(),
    gain: (place) => (isNew[places[place] ?? 0] ? newLine : 0),
    mayMiss: (line) => isLoose[line] ?? false,
    joined: (line, place) => !markerBefore[line] && (places[place] ?? 0) === (places[place - 1] ?? -2) + 1,
  });
  const missing = table.missing();
  if (missing !== null) return { missing: lines[missing] ?? '' };
  const of = new Int32Array(merged.length).fill(-1);
  for (const [line, place] of table.pairs()) of[places[place] ?? 0] = line;
  return { of };
}

/** Blank lines at the ends of the parts between the markers. */
function looseBlanks(keys: readonly string[], markerBefore: readonly boolean[]): boolean[] {
  const fromStart = keys.map(() => false);
  const fromEnd = keys.map(() => false);
  for (let at = 0; at < keys.length; at += 1) {
    const isFirst = at === 0 || markerBefore[at] === true;
    fromStart[at] = keys[at] === '' && (isFirst || fromStart[at - 1] === true);
  }
  for (let at = keys.length - 1; at >= 0; at -= 1) {
    const isLast = at === keys.length - 1 || markerBefore[at + 1] === true;
    fromEnd[at] = keys[at] === '' && (isLast || fromEnd[at + 1] === true);
  }
  return keys.map((_key, at) => fromStart[at] === true || fromEnd[at] === true);
}

interface Rules {
  equal(line: number, place: number): boolean;
  gain(place: number): number;
  /** Whether a line of the update need not be there. */
  mayMiss(line: number): boolean;
  /** Whether both are right behind what comes before them. */
  joined(line: number, place: number): boolean;
}

/** Of all ways to put the lines on the places in order, the one with the highest score. */
class Table {
  readonly #count: number;
  readonly #width: number;
  readonly #rules: Rules;
  /** By (lines, places): the best score of so many of both, and the best with the last line on the last place. */
  readonly #best: Int32Array;
  readonly #ending: Int32Array;

  constructor(lines: readonly string[], places: readonly number[], rules: Rules) {
    this.#count = lines.length;
    this.#width = places.length + 1;
    this.#rules = rules;
    this.#best = new Int32Array((lines.length + 1) * this.#width);
    this.#ending = new Int32Array(this.#best.length).fill(impossible);
    for (let line = 1; line <= lines.length; line += 1)
      for (let place = 0; place < this.#width; place += 1) this.#fill(line, place);
  }

  #fill(line: number, place: number): void {
    const at = line * this.#width + place;
    if (place > 0 && this.#rules.equal(line - 1, place - 1)) {
      const before = at - this.#width - 1;
      const alone = this.#best[before] ?? impossible;
      const joined = this.#rules.joined(line - 1, place - 1)
        ? (this.#ending[before] ?? impossible) + 1
        : impossible;
      this.#ending[at] = Math.max(alone, joined) + this.#rules.gain(place - 1);
    }
    const without = place > 0 ? (this.#best[at - 1] ?? impossible) : impossible;
    const skipped = this.#maySkip(line) ? (this.#best[at - this.#width] ?? impossible) : impossible;
    this.#best[at] = Math.max(this.#ending[at] ?? impossible, without, skipped);
  }

  /** Beside a marker, and at both ends, a blank line is a matter of taste. */
  #maySkip(line: number): boolean {
    return this.#rules.mayMiss(line - 1);
  }

  /** The first line that cannot be put anywhere behind those before it; null when all can. */
  missing(): number | null {
    for (let line = 1; line <= this.#count; line += 1)
      if ((this.#best[(line + 1) * this.#width - 1] ?? impossible) < 0) return line - 1;
    return null;
  }

  *pairs(): Generator<[line: number, place: number]> {
    let [line, place] = [this.#count, this.#width - 1];
    let isEnding = false;
    while (line > 0) {
      const at = line * this.#width + place;
      const best = this.#best[at] ?? impossible;
      if (isEnding || best === this.#ending[at]) {
        yield [line - 1, place - 1];
        const before = at - this.#width - 1;
        const score = (this.#ending[at] ?? 0) - this.#rules.gain(place - 1);
        isEnding = score !== this.#best[before];
        line -= 1;
        place -= 1;
      } else if (place > 0 && best === this.#best[at - 1]) place -= 1;
      else line -= 1;
    }
  }
}
