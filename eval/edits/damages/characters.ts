import type { BaseEdit } from '../pairs.ts';
import { inContext, undamaged, writtenAs, type Damage, type Damaged } from './damage.ts';

const typographic: Record<string, string> = { "'": '\u2019', '"': '\u201d', '-': '\u2013', '...': '\u2026' };
const plain = /\.\.\.|['"-]/g;
const smart = (line: string) => line.replaceAll(plain, (sign) => typographic[sign] ?? sign);
const signsIn = (lines: readonly string[]) => new Set(lines.join('\n').match(plain));

/** A model that writes quotes and dashes as a word processor does, also in code. */
function smartened(base: BaseEdit): Damaged | null {
  const known = signsIn(base.oldLines);
  const isKnown = [...signsIn(base.newLines)].every((sign) => known.has(sign));
  // With typographic signs of its own, a text does not say any more which of them were there.
  const hasOwn = [...base.oldLines, ...base.newLines].some((line) => /[\u2010-\u2026]/.test(line));
  return known.size && isKnown && !hasOwn ? writtenAs(base, smart) : null;
}

/** A file with typographic characters where the edit changes nothing, which the model writes as plain ones. */
function smartContext(base: BaseEdit): Damaged | null {
  const { oldLines, newLines, head, tail } = base;
  const context = [...oldLines.slice(0, head), ...oldLines.slice(oldLines.length - tail)];
  const changed = signsIn(newLines.slice(head, newLines.length - tail));
  const own = signsIn(context);
  // Which one an added sign is to be, the file does not say.
  return own.size && [...own].every((sign) => !changed.has(sign)) ? inContext(base, smart) : null;
}

function decomposed(base: BaseEdit): Damaged | null {
  const { oldLines, newLines, head, tail } = base;
  const accented = (lines: readonly string[]) =>
    lines.map((line, index) =>
      index < head || index >= lines.length - tail ? line.replaceAll('e', 'é') : line,
    );
  const composed = { ...base, oldLines: accented(oldLines), newLines: accented(newLines) };
  if (composed.oldLines.join() === oldLines.join()) return null;
  return inContext({ ...composed, lines: base.lines }, (line) => line.normalize('NFD'));
}

function numbered(base: BaseEdit, form: (number: number, line: string) => string): Damaged {
  return writtenAs(base, (line, index) => form(base.at + 1 + index, line));
}

const asReadFile = (number: number, line: string) => `${String(number).padStart(6)}\t${line}`;
const hasBackslash = ({ oldLines, newLines }: BaseEdit) =>
  [...oldLines, ...newLines].some((line) => line.includes('\\'));

export const characterDamages: Damage[] = [
  { name: 'smart quotes, edit', apply: smartened },
  { name: 'smart quotes, file', apply: smartContext },
  { name: 'decomposed letters', apply: decomposed },
  { name: 'line numbers', apply: (base) => numbered(base, asReadFile) },
  {
    name: 'line numbers, old only',
    apply: (base) => ({ ...numbered(base, asReadFile), newLines: base.newLines }),
  },
  { name: 'line numbers with |', apply: (base) => numbered(base, (number, line) => `${number} | ${line}`) },
  { name: 'line numbers with :', apply: (base) => numbered(base, (number, line) => `${number}:${line}`) },
  {
    name: 'escaped as JSON',
    apply: (base) => ({ ...undamaged(base), asWritten: (text) => JSON.stringify(text).slice(1, -1) }),
  },
  {
    name: 'escaped quotes',
    apply: (base) =>
      base.oldLines.some((line) => line.includes('"'))
        ? { ...undamaged(base), asWritten: (text) => text.replaceAll('"', '\\"') }
        : null,
  },
  {
    name: 'escaped line ends',
    apply: (base) =>
      hasBackslash(base) ? null : { ...undamaged(base), asWritten: (text) => text.replaceAll('\n', '\\n') },
  },
];
