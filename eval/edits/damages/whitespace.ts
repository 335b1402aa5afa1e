import { widened, type BaseEdit } from '../pairs.ts';
import {
  inContext,
  indentOf,
  solid,
  textOf,
  undamaged,
  withRegion,
  writtenAs,
  type Damage,
  type Damaged,
} from './damage.ts';

const isBlank = (line: string) => line.trim() === '';
const shift = (by: string) => (line: string) => (isBlank(line) ? line : by + line);

/** The unit in which all lines of an edit are indented with spaces, if at least two levels of it occur in the old ones. */
function unitOf({ oldLines, newLines, lines }: BaseEdit): 2 | 4 | null {
  if (lines.some((line) => indentOf(line).includes('\t'))) return null;
  const widths = solid([...oldLines, ...newLines]).map((line) => indentOf(line).length);
  const levels = new Set(solid(oldLines).map((line) => indentOf(line).length));
  if (levels.size < 2) return null;
  if (widths.every((width) => width % 4 === 0)) return 4;
  return widths.every((width) => width % 2 === 0) ? 2 : null;
}

function inUnit(base: BaseEdit, from: number, to: string): Damaged {
  return writtenAs(base, (line) =>
    isBlank(line) ? line : to.repeat(indentOf(line).length / from) + line.trimStart(),
  );
}

function dedented(base: BaseEdit): Damaged | null {
  const widths = solid([...base.oldLines, ...base.newLines]).map((line) => indentOf(line).length);
  const common = Math.min(...widths);
  return common > 0 && solid(base.oldLines).length > 1
    ? writtenAs(base, (line) => (isBlank(line) ? line : line.slice(common)))
    : null;
}

/** Line ends of both kinds, with those of one kind around the edit. */
function mixedEnds(base: BaseEdit, below: (count: number) => number): Damaged {
  const { lines, at, oldLines, newLines } = base;
  const near = below(2) ? '\n' : '\r\n';
  const isNear = (index: number) => index >= at - 1 && index <= at + oldLines.length;
  const ends = lines.map((_line, index) => (isNear(index) ? near : below(2) ? '\n' : '\r\n'));
  const own = lines.map((line, index) => line + ends[index]);
  const written = newLines.map((line) => line + near);
  return {
    ...undamaged(base),
    before: own.join(''),
    expected: withRegion({ ...base, lines: own }, written).join(''),
  };
}

/** The blank lines of an edit that no changed line is next to. */
function farBlanks({ oldLines, head, tail }: BaseEdit): number[] {
  return oldLines.flatMap((line, index) => {
    const isFar =
      index > 0 && index < oldLines.length - 1 && (index < head - 1 || index > oldLines.length - tail);
    const isAlone = !isBlank(oldLines[index - 1] ?? '') && !isBlank(oldLines[index + 1] ?? '');
    return isBlank(line) && isFar && isAlone ? [index] : [];
  });
}

function withoutBlank(base: BaseEdit, index: number): Damaged {
  const { oldLines, newLines } = base;
  const fromEnd = oldLines.length - index;
  const inNew = index < base.head ? index : newLines.length - fromEnd;
  return {
    ...undamaged(base),
    oldLines: oldLines.toSpliced(index, 1),
    newLines: newLines.toSpliced(inNew, 1),
  };
}

export const whitespaceDamages: Damage[] = [
  { name: 'as it is', apply: undamaged },
  {
    name: 'shifted right',
    apply: (base, random) => writtenAs(base, shift(random.pick(['  ', '    ', '\t']) ?? '  ')),
  },
  { name: 'shifted left', apply: dedented },
  { name: 'tabs for spaces', apply: (base) => (unitOf(base) ? inUnit(base, unitOf(base) ?? 2, '\t') : null) },
  {
    name: 'other unit',
    apply: (base) =>
      unitOf(base) ? inUnit(base, unitOf(base) ?? 2, unitOf(base) === 4 ? '  ' : '    ') : null,
  },
  {
    name: 'shifted, old only',
    apply: (base) => {
      const edit = writtenAs(base, shift('  '));
      // Lines that move to where the others are said to be could be meant either way.
      return { ...edit, newLines: base.newLines };
    },
  },
  {
    name: 'file in tabs',
    apply(base) {
      const unit = unitOf(base);
      const isOdd = base.lines.some((line) => indentOf(line).length % (unit ?? 1) !== 0);
      if (!unit || isOdd) return null;
      const tabbed = (line: string) => '\t'.repeat(indentOf(line).length / unit) + line.trimStart();
      const { before, expected, ...edit } = undamaged(base);
      const inTabs = (text: string) => textOf(text.slice(0, -1).split('\n').map(tabbed));
      return { ...edit, before: inTabs(before), expected: inTabs(expected) };
    },
  },
  {
    name: 'CRLF file',
    apply(base) {
      const { before, expected, ...edit } = undamaged(base);
      return {
        ...edit,
        before: before.replaceAll('\n', '\r\n'),
        expected: expected.replaceAll('\n', '\r\n'),
      };
    },
  },
  { name: 'mixed line ends', apply: (base, random) => mixedEnds(base, (count) => random.below(count)) },
  {
    name: 'byte order mark',
    apply(base) {
      const { before, expected, ...edit } = undamaged(base);
      return { ...edit, before: `\uFEFF${before}`, expected: `\uFEFF${expected}` };
    },
  },
  {
    name: 'no final line end',
    apply(base) {
      const { before, expected, ...edit } = undamaged(base);
      return { ...edit, before: before.slice(0, -1), expected: expected.slice(0, -1) };
    },
  },
  {
    name: 'space at ends, file',
    apply: (base, random) => {
      const spaces = base.oldLines.map(() => random.pick(['', ' ', '  ', '\t']) ?? '');
      return inContext(base, (line, index) => line + (spaces[index] ?? ''));
    },
  },
  {
    name: 'space at ends, edit',
    apply: (base) => {
      const hasOwn = [...base.oldLines, ...base.newLines].some((line) => line !== line.trimEnd());
      return hasOwn ? null : writtenAs(base, (line) => `${line}  `);
    },
  },
  {
    name: 'blank line lost, edit',
    apply: (narrow, random) => {
      const base = widened(narrow, 5);
      const index = random.pick(farBlanks(base));
      return index === undefined ? null : withoutBlank(base, index);
    },
  },
  {
    name: 'blank line more, file',
    apply: (narrow, random) => {
      const base = widened(narrow, 5);
      const index = random.pick(farBlanks(base));
      if (index === undefined) return null;
      const inNew = index < base.head ? index : base.newLines.length - (base.oldLines.length - index);
      return {
        ...undamaged(base),
        before: textOf(withRegion(base, base.oldLines.toSpliced(index, 0, ''))),
        expected: textOf(withRegion(base, base.newLines.toSpliced(inNew, 0, ''))),
      };
    },
  },
  {
    name: 'CRLF, space and shift',
    apply: (base) => {
      const { before, expected, ...edit } = inContext(base, (line) => (isBlank(line) ? line : `${line} `));
      return {
        before: before.replaceAll('\n', '\r\n'),
        expected: expected?.replaceAll('\n', '\r\n') ?? null,
        oldLines: edit.oldLines.map(shift('  ')),
        newLines: edit.newLines.map(shift('  ')),
      };
    },
  },
];
