import { plainText } from './ladder/typography.ts';

/** A file in plain characters, without whitespace at the end of its lines. */
interface LooseText {
  text: string;
  /** Where each line begins in it. */
  starts: number[];
  /** The lines that are not blank, and each of them without whitespace around it. */
  solid: number[];
  keys: string[];
}

/**
 * A file as edits see it. Line ends are invisible to a model, so matching knows only `\n`; what is not changed is written
 * back from the file's own characters, whatever their line ends.
 */
export class FileText {
  readonly bom: string;
  /** Without line ends. A final line end begins no further line. */
  readonly lines: string[] = [];
  /** The line end of each line; the last may have none. */
  readonly ends: string[] = [];
  /** All lines with `\n` as their end. */
  readonly text: string;
  /** Where each line begins in `text`. */
  readonly starts: number[] = [];
  private readonly raw: string;
  /** Where each line begins in `raw`. */
  private readonly rawStarts: number[] = [];
  private readonly isCarriageReturns: boolean;
  private looseText: LooseText | undefined;
  private kinds: number | undefined;

  constructor(content: string) {
    this.bom = content.startsWith('\uFEFF') ? '\uFEFF' : '';
    this.raw = content.slice(this.bom.length);
    // As old Macs wrote: only there is a carriage return alone the end of a line.
    this.isCarriageReturns = this.raw.includes('\r') && !this.raw.includes('\n');
    const end = this.isCarriageReturns ? '\r' : '\n';
    for (let at = 0; at < this.raw.length;) {
      const next = this.raw.indexOf(end, at);
      const until = next < 0 ? this.raw.length : next;
      const isPair = next > at && end === '\n' && this.raw.charCodeAt(next - 1) === 13;
      this.rawStarts.push(at);
      this.lines.push(this.raw.slice(at, isPair ? until - 1 : until));
      this.ends.push(next < 0 ? '' : isPair ? '\r\n' : end);
      at = until + 1;
    }
    let offset = 0;
    for (const [index, line] of this.lines.entries()) {
      this.starts.push(offset);
      offset += line.length + (this.ends[index] === '' ? 0 : 1);
    }
    this.text = this.lines.join('\n') + (this.endsInLineEnd ? '\n' : '');
  }

  get endsInLineEnd(): boolean {
    return this.ends.length > 0 && this.ends.at(-1) !== '';
  }

  /** What a model wrote, in the form of `text`. */
  normalise(written: string): string {
    const text = written.replaceAll('\r\n', '\n');
    return this.isCarriageReturns ? text.replaceAll('\r', '\n') : text;
  }

  /** The index of the line in which the character at `offset` stands; the number of lines at the very end. */
  lineAt(offset: number): number {
    if (offset >= this.text.length && (this.endsInLineEnd || !this.lines.length)) return this.lines.length;
    let [low, high] = [0, this.lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The file's own characters between two offsets of `text`. */
  slice(start: number, end: number): string {
    return this.raw.slice(this.rawOffset(start), this.rawOffset(end));
  }

  private rawOffset(offset: number): number {
    const line = this.lineAt(offset);
    if (line >= this.lines.length) return this.raw.length;
    return (this.rawStarts[line] ?? 0) + offset - (this.starts[line] ?? 0);
  }

  /** How many kinds of line ends there are. */
  get kindsOfEnds(): number {
    return (this.kinds ??= new Set(this.ends.filter((end) => end !== '')).size);
  }

  /** Where line `index` begins, or the end of the text. */
  startOf(index: number): number {
    return this.starts[index] ?? this.text.length;
  }

  /** What the ladder compares: made when a text does not stand in the file exactly. */
  get loose(): LooseText {
    return (this.looseText ??= looseTextOf(this.lines));
  }

  /** The line end for a new line that stands at line `index`: the one before it, else the one after it. */
  endNear(index: number): string {
    return this.ends[index] || this.ends[index - 1] || this.ends[0] || (this.isCarriageReturns ? '\r' : '\n');
  }
}

function looseTextOf(lines: readonly string[]): LooseText {
  const plain = lines.map((line) => plainText(line).trimEnd());
  const loose: LooseText = { text: plain.join('\n'), starts: [], solid: [], keys: [] };
  let offset = 0;
  for (const [index, line] of plain.entries()) {
    loose.starts.push(offset);
    offset += line.length + 1;
    if (line === '') continue;
    loose.solid.push(index);
    loose.keys.push(line.trimStart());
  }
  return loose;
}
