/** Whether a name, without `/`, matches a pattern of `*`, `?`, `[…]` and `\`. */
export function matchesName(pattern: readonly Piece[], name: string): boolean {
  return matchesPieces(pattern, anyText, name.length, (piece, at) => piece(name.charCodeAt(at)));
}

/**
 * Whether pieces match a row of `count` places, each exactly one but for `any`, which takes as many as it must. Patterns come
 * from the workspace: this takes at most pieces × places steps, whatever they are.
 */
export function matchesPieces<P>(
  pattern: readonly P[],
  any: P,
  count: number,
  takes: (piece: Exclude<P, null>, at: number) => boolean,
): boolean {
  let [at, piece] = [0, 0];
  // Where the last `any` stood, and how far it reaches so far: only the last one ever has to take more.
  let [star, reach] = [-1, 0];
  while (at < count) {
    const here = pattern[piece];
    if (here === any) {
      [star, reach] = [piece, at];
      piece += 1;
    } else if (here && takes(here as Exclude<P, null>, at)) {
      [at, piece] = [at + 1, piece + 1];
    } else if (star >= 0) {
      reach += 1;
      [at, piece] = [reach, star + 1];
    } else {
      return false;
    }
  }
  while (piece < pattern.length && pattern[piece] === any) piece += 1;
  return piece === pattern.length;
}

/** Matches one UTF-16 unit. */
export type Piece = (code: number) => boolean;

const anyText: Piece = () => true;
const anyUnit: Piece = () => true;

/** @returns null for one that matches nothing, such as a `[` that nothing ends */
export function namePattern(text: string): Piece[] | null {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '*') {
      if (pieces.at(-1) !== anyText) pieces.push(anyText);
    } else if (sign === '?') {
      pieces.push(anyUnit);
    } else if (sign === '[') {
      const set = setAt(text, at + 1);
      if (!set) return null;
      pieces.push(set.piece);
      at = set.end;
    } else {
      if (sign === '\\') at += 1;
      if (at >= text.length) return null;
      pieces.push(unit(text.charCodeAt(at)));
    }
  }
  return pieces;
}

function unit(wanted: number): Piece {
  return (code) => code === wanted;
}

/** `a-z`, `!a`, `]` as the first. @param start right after the `[` */
function setAt(text: string, start: number): { piece: Piece; end: number } | null {
  const isNegated = text[start] === '!' || text[start] === '^';
  const first = isNegated ? start + 1 : start;
  const ranges: [number, number][] = [];
  for (let at = first; at < text.length; at += 1) {
    if (text[at] === ']' && at > first)
      return {
        piece: (code) => ranges.some(([from, to]) => code >= from && code <= to) !== isNegated,
        end: at,
      };
    if (text[at] === '\\') at += 1;
    const from = text.charCodeAt(at);
    const isRange = text[at + 1] === '-' && at + 2 < text.length && text[at + 2] !== ']';
    ranges.push([from, isRange ? text.charCodeAt(at + 2) : from]);
    if (isRange) at += 2;
  }
  return null;
}
