import type { FileText } from './file-text.ts';
import type { Placed } from './ladder/choose.ts';
import { hasUnescaped } from './ladder/escapes.ts';
import { indentOf } from './ladder/indentation.ts';
import { plainText, unitsOf, type Spellings } from './ladder/typography.ts';
import type { Undone } from './ladder/wording.ts';
import { EditRefusal } from './refusal.ts';

interface Touched {
  /** What stands at the place of the change. */
  quoted: string;
  newText: string;
  /** Its characters are those of the file. */
  isSpelt: boolean;
  /** Of the whole lines that the change touches: what only those after it have, and how they are indented before and after. */
  newSigns: string[];
  indents: Set<string>;
  newIndents: Set<string>;
}

type Shift = Undone['shifts'][number];

/**
 * What damages one change of a call may have damaged all of them. Where it could be in what a change brings, and would not show
 * in what that change quotes, it is not clear what is to be written.
 * @param noun what a change is called: "Hunk"
 * @throws {EditRefusal}
 */
export function refuseHiddenDamage(file: FileText, places: readonly Placed[], noun: string): void {
  if (!places.some(({ undone }) => undone)) return;
  const all = places.map((place) => touchedBy(file, place));
  for (const [source, { undone }] of places.entries()) {
    if (!undone) continue;
    const wrong = wrongSigns(undone.spellings);
    for (const [index, touched] of all.entries()) {
      const kind = bringsSigns(file, touched, wrong)
        ? 'with other characters, such as quotes or dashes,'
        : index !== source && kindBrought(touched, undone);
      if (kind) throw unclear(noun, source + 1, index + 1, kind);
    }
  }
}

function touchedBy(file: FileText, { start, end, newText, undone }: Placed): Touched {
  const from = file.startOf(file.lineAt(start));
  const to = file.startOf(file.lineAt(Math.max(start, end - 1)) + 1);
  const before = file.slice(from, to);
  const after = file.slice(from, start) + newText + file.slice(end, to);
  return {
    quoted: file.slice(start, end),
    newText,
    isSpelt: !undone?.spellings.size,
    newSigns: newSignsOf(before, after),
    indents: indentsOf(before),
    newIndents: indentsOf(after),
  };
}

function newSignsOf(before: string, after: string): string[] {
  const known = new Set(unitsOf(before).map(({ raw }) => raw));
  const signs = new Set(unitsOf(after).map(({ raw }) => raw));
  return [...signs].filter((sign) => !known.has(sign));
}

function indentsOf(text: string): Set<string> {
  const lines = text.split(/[\r\n]/).filter((line) => line.trim() !== '');
  return new Set(lines.map(indentOf));
}

function kindBrought(touched: Touched, { shifts, unescape }: Undone): string | false {
  if (shifts.some((shift) => bringsIndents(touched, shift))) return 'in another indentation';
  const { quoted, newText } = touched;
  const isEscaped = unescape && unescape(newText) !== newText && !hasUnescaped(quoted, unescape);
  return isEscaped ? 'with more escapes' : false;
}

interface WrongSigns {
  written: Set<string>;
  /** Plain ones of the file that were written in another way. */
  plain: string[];
}

function wrongSigns(spellings: Spellings): WrongSigns {
  // Composed letters are what everyone writes, whatever form the file has.
  const wrong = [...spellings.values()]
    .flat()
    .filter(({ written, own }) => written !== own && written !== own.normalize('NFC'));
  const own = new Set(wrong.map((each) => each.own));
  return {
    written: new Set(wrong.map(({ written }) => written)),
    plain: [...own].filter((sign) => plainText(sign) === sign),
  };
}

/** Those that were quoted for others of the file; or further typographic ones, where neither the file nor what is quoted speaks for them. */
function bringsSigns(
  file: FileText,
  { quoted, isSpelt, newSigns }: Touched,
  { written, plain }: WrongSigns,
): boolean {
  if (!written.size) return false;
  const isTypographic = plain.length > 0 && !(isSpelt && plain.some((sign) => quoted.includes(sign)));
  return newSigns.some((sign) => {
    const isPlain = plainText(sign) === sign;
    if (!isPlain && written.has(sign)) return true;
    return (isPlain ? written.has(sign) : isTypographic) && !file.text.includes(sign);
  });
}

/** Only a change of the unit leaves lines without indentation as they are. */
function bringsIndents({ indents, newIndents }: Touched, shift: Shift): boolean {
  if (![...indents, ''].every((indent) => shift(indent) === indent)) return false;
  const meant = [...newIndents].map((indent) => ({ indent, own: shift(indent) }));
  return meant.every(({ own }) => own !== null) && meant.some(({ indent, own }) => own !== indent);
}

function unclear(noun: string, source: number, index: number, kind: string): EditRefusal {
  const name = noun.toLowerCase();
  return new EditRefusal(
    `${noun} ${index}: ${name} ${source} was quoted ${kind} than the file has. What ${name} ${index} quotes does not show whether its new lines were written so too. Nothing was changed. Quote ${name} ${source} exactly as it stands in the file, and write all new lines as the file would have them.`,
  );
}
