/** Where the lines of a text begin. */
export class LineStarts {
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** From 1. */
  lineOf(index: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** The start of the line when only white space stands before `index` in it; else `index`. */
  backOverIndent(index: number): number {
    let at = index;
    while (at > 0 && (this.#text[at - 1] === ' ' || this.#text[at - 1] === '\t')) at--;
    return at === 0 || this.#text[at - 1] === '\n' ? at : index;
  }
}

/** Parts of at most `longest` characters that end where lines end; a line that is longer is cut within. */
export function cutAtLines(text: string, longest: number): { text: string; offset: number }[] {
  const parts: { text: string; offset: number }[] = [];
  for (let offset = 0; offset < text.length;) {
    let end = Math.min(text.length, offset + longest);
    const lineEnd = text.lastIndexOf('\n', end - 1) + 1;
    if (end < text.length && lineEnd > offset) end = lineEnd;
    const part = text.slice(offset, end);
    if (part.trim()) parts.push({ text: part.replace(/\n$/, ''), offset });
    offset = end;
  }
  return parts;
}
