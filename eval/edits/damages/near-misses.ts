import type { BaseEdit } from '../pairs.ts';
import type { Random } from '../random.ts';
import { textOf, undamaged, withRegion, writtenAs, type Damage } from './damage.ts';
import { refused } from './negatives.ts';

/** The file has one line of the edit in another way that a careless comparison would not see. */
function nearMiss(name: string, change: (line: string) => string): Damage {
  return {
    name,
    apply(base, random) {
      const { oldLines } = base;
      const index = random.pick(oldLines.flatMap((line, at) => (change(line) === line ? [] : [at])));
      if (index === undefined) return null;
      return refused(base, withRegion(base, oldLines.with(index, change(oldLines[index] ?? ''))));
    },
  };
}

const otherSigns: Record<string, string> = {
  '(': '[',
  ')': ']',
  ',': ';',
  ';': ',',
  '<': '>',
  '=': '~',
  '+': '-',
};
const otherQuotes: Record<string, string> = { "'": '"', '"': "'", '`': '"' };

const indented = (lines: readonly string[], by: string) =>
  lines.map((line) => (line.trim() === '' ? line : by + line));

/** The same lines twice, and the edit quotes them in a third indentation. */
function copies(base: BaseEdit): ReturnType<Damage['apply']> {
  const { oldLines } = base;
  if (oldLines.some((line) => line.startsWith('\t'))) return null;
  const lines = [...withRegion(base, indented(oldLines, '\t')), '', ...indented(oldLines, '      '), ''];
  const edit = writtenAs(base, (line) => (line.trim() === '' ? line : `  ${line}`));
  return refused(base, lines, edit);
}

/** The block that an @@ line names has changed; others have the text that the edit looks for. */
function otherBlock(base: BaseEdit): ReturnType<Damage['apply']> {
  const block = (name: string, body: readonly string[]) => [
    `class ${name}:`,
    ...indented(body, '    '),
    `    end_of_${name}`,
  ];
  const [first = '', ...rest] = base.oldLines;
  const edit = writtenAs(base, (line) => (line.trim() === '' ? line : `    ${line}`));
  const lines = [
    ...block('First', [`${first} changed`, ...rest]),
    ...block('Second', base.oldLines),
    ...block('Third', base.oldLines),
  ];
  return first.trim() === ''
    ? null
    : { ...edit, before: textOf(lines), expected: null, anchor: 'class First' };
}

/** Line ends of both kinds anywhere: each line keeps its own, and one in the place of another has that of the other. */
function randomEnds(base: BaseEdit, random: Random): ReturnType<Damage['apply']> {
  const { lines, at, oldLines, newLines } = base;
  const isOneForOne =
    oldLines.length === newLines.length &&
    newLines.every((line, index) => line === oldLines[index] || !oldLines.includes(line));
  if (!isOneForOne) return null;
  const ends = lines.map(() => random.pick(['\n', '\r\n']) ?? '\n');
  const withEnds = (all: readonly string[]) => all.map((line, index) => line + ends[index]).join('');
  const after = lines.toSpliced(at, oldLines.length, ...newLines);
  return { ...undamaged(base), before: withEnds(lines), expected: withEnds(after) };
}

export const nearMissDamages: Damage[] = [
  { name: 'line ends at random', apply: randomEnds },
  nearMiss('✗ sign changed', (line) => line.replace(/[(),;<=+]/, (sign) => otherSigns[sign] ?? sign)),
  nearMiss('✗ quotes changed', (line) => line.replace(/['"`]/, (sign) => otherQuotes[sign] ?? sign)),
  nearMiss('✗ case changed', (line) => line.replace(/[a-z](?=\w)/, (letter) => letter.toUpperCase())),
  nearMiss('✗ space within a line', (line) => line.replace(/(\S) (\S)/, '$1  $2')),
  nearMiss('✗ number changed', (line) => line.replace(/\d+/, (digits) => String(Number(digits) + 1))),
  {
    name: '✗ last word goes on',
    apply(base) {
      const last = base.oldLines.at(-1) ?? '';
      if (!/\w$/.test(last)) return null;
      const before = textOf(withRegion(base, base.oldLines.with(-1, `${last}s`)));
      return { ...undamaged(base), before, expected: null };
    },
  },
  { name: '✗ copies, neither quoted', apply: copies },
  { name: '✗ block of @@ changed', apply: otherBlock },
];
