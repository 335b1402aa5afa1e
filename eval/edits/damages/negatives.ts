import { isUnique, type BaseEdit } from '../pairs.ts';
import type { Random } from '../random.ts';
import {
  indentOf,
  solid,
  textOf,
  undamaged,
  withRegion,
  writtenAs,
  type Damage,
  type Damaged,
} from './damage.ts';

/** No right result: the edit, as it is or damaged too, meets a file that it was not written for. */
export function refused(
  base: BaseEdit,
  before: readonly string[],
  edit: Damaged = undamaged(base),
): Damaged | null {
  const text = textOf(before);
  // Where the text stands elsewhere too, it is another case.
  return isUnique(text, base.oldLines) ? null : { ...edit, before: text, expected: null };
}

/** Somebody changed a word of a line meanwhile. */
function reworded(line: string, random: Random): string {
  const words = [...line.matchAll(/[A-Za-z]{3,}/g)];
  const word = random.pick(words);
  if (!word) return `${line} // changed`;
  return `${line.slice(0, word.index)}${word[0]}Renamed${line.slice(word.index + word[0].length)}`;
}

function stale(base: BaseEdit, random: Random, isChanged: boolean): string[] | null {
  const { oldLines, head, tail } = base;
  const indexes = oldLines.flatMap((line, index) => {
    const isTarget = index >= head && index < oldLines.length - tail;
    return isTarget === isChanged && line.trim() !== '' ? [index] : [];
  });
  const index = random.pick(indexes);
  return index === undefined
    ? null
    : withRegion(base, oldLines.with(index, reworded(oldLines[index] ?? '', random)));
}

function swapped(base: BaseEdit, random: Random): string[] | null {
  const { oldLines } = base;
  const indexes = oldLines.flatMap((line, index) => {
    const next = oldLines[index + 1];
    const differs =
      next !== undefined && line.trim() !== next.trim() && line.trim() !== '' && next.trim() !== '';
    return differs ? [index] : [];
  });
  const index = random.pick(indexes);
  if (index === undefined) return null;
  return withRegion(base, oldLines.toSpliced(index, 2, oldLines[index + 1] ?? '', oldLines[index] ?? ''));
}

/** The region once more, at the end of the file. */
function doubled(
  base: BaseEdit,
  copy: readonly string[],
  original: readonly string[] = base.oldLines,
): string[] {
  return [...withRegion(base, original), '', ...copy, ''];
}

const spaced = (lines: readonly string[], by: string) => lines.map((line) => line + by);
const shifted = (lines: readonly string[], by: string) =>
  lines.map((line) => (line.trim() === '' ? line : by + line));

export const negativeDamages: Damage[] = [
  { name: '✗ target changed', apply: (base, random) => withFile(base, stale(base, random, true)) },
  { name: '✗ context changed', apply: (base, random) => withFile(base, stale(base, random, false)) },
  {
    name: '✗ target changed, shifted',
    apply(base, random) {
      const file = stale(base, random, true);
      return (
        file &&
        refused(
          base,
          file,
          writtenAs(base, (line) => (line.trim() === '' ? line : `  ${line}`)),
        )
      );
    },
  },
  { name: '✗ target deleted', apply: (base) => refused(base, withRegion(base, [])) },
  {
    name: '✗ target lines deleted',
    apply: ({ ...base }) =>
      base.oldLines.length > base.head + base.tail
        ? refused(
            base,
            withRegion(base, [
              ...base.oldLines.slice(0, base.head),
              ...base.oldLines.slice(base.oldLines.length - base.tail),
            ]),
          )
        : null,
  },
  { name: '✗ neighbours swapped', apply: (base, random) => withFile(base, swapped(base, random)) },
  { name: '✗ twice in the file', apply: (base) => refused(base, doubled(base, base.oldLines)) },
  {
    name: '✗ twice but for space',
    apply: (base) => refused(base, doubled(base, spaced(base.oldLines, '\t'), spaced(base.oldLines, ' '))),
  },
  {
    name: '✗ twice, both shifted',
    apply: (base) =>
      solid(base.oldLines).length > 1 && solid(base.oldLines).every((line) => !indentOf(line).includes('\t'))
        ? refused(
            base,
            doubled(base, shifted(base.oldLines, '      '), shifted(base.oldLines, '   ')),
            writtenAs(base, (line) => (line.trim() === '' ? line : ` ${line}`)),
          )
        : null,
  },
  {
    name: '✗ only a near copy',
    apply: (base, random) => {
      const index = random.pick(base.oldLines.flatMap((line, at) => (/[A-Za-z]{3}/.test(line) ? [at] : [])));
      if (index === undefined) return null;
      const copy = base.oldLines.with(index, reworded(base.oldLines[index] ?? '', random));
      return refused(base, doubled({ ...base, lines: withRegion(base, []), oldLines: [] }, copy));
    },
  },
  {
    name: '✗ already applied',
    apply: (base) => ({ ...undamaged(base), before: undamaged(base).expected, expected: null }),
  },
  { name: '✗ blank line at the change', apply: nearBlank },
  {
    name: '✗ a changed line is shared',
    apply: (base) => ({ ...undamaged(base), expected: null, overlap: 'changed line' }),
  },
  {
    name: '✗ shared, not in order',
    apply: (base) => ({ ...undamaged(base), expected: null, overlap: 'order' }),
  },
];

function withFile(base: BaseEdit, file: string[] | null): Damaged | null {
  return file && refused(base, file);
}

/** A blank line right next to the change is missing in the edit: on which side of it do new lines go? */
function nearBlank(base: BaseEdit): Damaged | null {
  const { oldLines, newLines, head } = base;
  if (head < 2 || oldLines[head - 1]?.trim() !== '' || !oldLines[head - 2]?.trim()) return null;
  if (newLines.length - base.tail <= head || newLines[head]?.trim() === '') return null;
  const edit = {
    ...undamaged(base),
    oldLines: oldLines.toSpliced(head - 1, 1),
    newLines: newLines.toSpliced(head - 1, 1),
  };
  if (isUnique(textOf(base.lines), edit.oldLines)) return null;
  return { ...edit, expected: null };
}
