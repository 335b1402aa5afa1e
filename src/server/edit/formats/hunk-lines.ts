import type { Hunk } from '../change.ts';
import type { LineHunk } from '../diff-lines.ts';
import { EditRefusal } from '../refusal.ts';

/** The lines of one hunk, as they come. */
export class HunkLines {
  private readonly lines: { sign: ' ' | '-' | '+'; text: string; isBare: boolean }[] = [];
  /** Whether the last old, and the last new, line is said to have no line end. */
  private readonly isOpen = { old: false, new: false };

  get isEmpty(): boolean {
    return this.lines.length === 0;
  }

  get oldCount(): number {
    return this.lines.filter(({ sign }) => sign !== '+').length;
  }

  get newCount(): number {
    return this.lines.filter(({ sign }) => sign !== '-').length;
  }

  /** @returns false for a line that is of no hunk */
  add(line: string): boolean {
    if (line === '\\ No newline at end of file') return this.markOpen();
    const [sign] = line;
    // Editors and models cut the space of an empty line of context.
    if (sign === undefined) this.lines.push({ sign: ' ', text: '', isBare: true });
    else if (sign === ' ' || sign === '-' || sign === '+')
      this.lines.push({ sign, text: line.slice(1), isBare: false });
    else return false;
    return true;
  }

  private markOpen(): boolean {
    const sign = this.lines.at(-1)?.sign;
    if (sign !== '+') this.isOpen.old = true;
    if (sign !== '-') this.isOpen.new = true;
    return sign !== undefined;
  }

  /** @throws {EditRefusal} when it changes nothing */
  hunk(number: number, { anchors, atEnd, isOrdered }: Pick<Hunk, 'anchors' | 'atEnd' | 'isOrdered'>): Hunk {
    const lines = [...this.lines];
    // A line that is quite empty, last in its hunk, may as well belong to what is between hunks.
    while (lines.at(-1)?.isBare) lines.pop();
    const oldLines = lines.filter(({ sign }) => sign !== '+').map(({ text }) => text);
    const newLines = lines.filter(({ sign }) => sign !== '-').map(({ text }) => text);
    const changesEnd = this.isOpen.old !== this.isOpen.new;
    if (!changesEnd && oldLines.join('\n') === newLines.join('\n') && oldLines.length === newLines.length)
      throw new EditRefusal(
        `Hunk ${number} changes nothing: it has no line with "+" or "-". Nothing was changed.`,
      );
    return {
      oldLines,
      newLines,
      script: scriptOf(lines),
      isOrdered,
      anchors,
      // Only the last line of a file is without a line end.
      atEnd: atEnd || this.isOpen.old,
      ...(changesEnd ? { finalNewline: !this.isOpen.new } : {}),
    };
  }
}

function scriptOf(lines: readonly { sign: ' ' | '-' | '+' }[]): LineHunk[] {
  const script: LineHunk[] = [];
  let [oldAt, newAt, isOpen] = [0, 0, false];
  for (const { sign } of lines) {
    if (sign !== ' ' && !isOpen)
      script.push({ oldStart: oldAt, oldEnd: oldAt, newStart: newAt, newEnd: newAt });
    isOpen = sign !== ' ';
    if (sign !== '+') oldAt += 1;
    if (sign !== '-') newAt += 1;
    const last = script.at(-1);
    if (last && isOpen) [last.oldEnd, last.newEnd] = [oldAt, newAt];
  }
  return script;
}
