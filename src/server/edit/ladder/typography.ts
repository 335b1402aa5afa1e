/** What models write for a typographic character, or write in its place. */
const plain: [string, string][] = [
  ['[\\u00a0\\u2000-\\u200a\\u202f\\u205f\\u3000]', ' '],
  ['[\\u2010-\\u2015\\u2212]', '-'],
  ['[\\u2018-\\u201b]', "'"],
  ['[\\u201c-\\u201f]', '"'],
  ['\\u2026', '...'],
];
const typographic = plain.map(([from, to]) => ({ from: new RegExp(from, 'g'), to }));
const hasTypographic = new RegExp(plain.map(([from]) => from).join('|'));
const isAscii = /^[\u0000-\u007f]*$/;

/** One character with its marks, one Korean syllable in its parts, or one ellipsis. */
const unit = /\.\.\.|[\u1100-\u115f][\u1160-\u11a7]*[\u11a8-\u11ff]*|\P{M}\p{M}*|\p{M}+/gsu;

/** A text with plain quotes, dashes, spaces and dots, in the composed normal form (NFC). */
export function plainText(text: string): string {
  if (isAscii.test(text)) return text;
  const composed = text.normalize('NFC');
  if (!hasTypographic.test(composed)) return composed;
  return typographic.reduce((result, { from, to }) => result.replaceAll(from, to), composed);
}

/** The form in which two lines are compared when whitespace around them and typography do not count; empty for a blank line. */
export function looseKey(line: string): string {
  return plainText(line).trim();
}

interface Unit {
  raw: string;
  plain: string;
}

/** The units of a text and the plain form of each. */
export function unitsOf(text: string): Unit[] {
  return (text.match(unit) ?? []).map((raw) => ({ raw, plain: plainText(raw) }));
}

/** What the same unit is written as, in `oldText` and in the file. */
interface Spelling extends Neighbours {
  written: string;
  own: string;
}

/** The plain units on both sides; empty at the ends of a line. */
interface Neighbours {
  before: string;
  after: string;
}

/** The spellings of each plain unit that at least once differ between what was quoted and what the file has. */
export type Spellings = Map<string, Spelling[]>;

/** @returns null when the lines are not the same units one by one */
export function spellingsOf(pairs: readonly { written: string; own: string }[]): Spellings | null {
  const all: Spellings = new Map();
  for (const pair of pairs) {
    const [written, own] = [unitsOf(pair.written), unitsOf(pair.own)];
    if (written.length !== own.length) return null;
    for (const [index, { raw, plain: form }] of written.entries()) {
      const other = own[index];
      if (!other || other.plain !== form) return null;
      const known = all.get(form);
      const spelling = { written: raw, own: other.raw, ...neighboursOf(written, index) };
      if (known) known.push(spelling);
      else all.set(form, [spelling]);
    }
  }
  return all;
}

/** Only those units of which at least one is spelt in two ways. */
export function differing(spellings: Spellings): Spellings {
  return new Map([...spellings].filter(([, list]) => list.some(({ written, own }) => written !== own)));
}

/**
 * New lines in the spelling of the file. Where they have as many of a unit as the lines that they replace, each keeps its own
 * spelling; an added one is written only as the file leaves no doubt.
 * @param all the spellings of the whole place that differ
 * @param replaced those of the lines that are replaced
 * @returns null when it is not clear which spelling is meant
 */
export function spellAsFile(lines: readonly string[], all: Spellings, replaced: Spellings): string[] | null {
  const units = lines.map(unitsOf);
  for (const [form, spellings] of all) {
    const added = units.flatMap((line) =>
      line.flatMap((each, index) =>
        each.plain === form ? [{ unit: each, ...neighboursOf(line, index) }] : [],
      ),
    );
    if (!added.length) continue;
    const own = replaced.get(form) ?? [];
    const isTouched = own.some(({ written, own: mine }) => written !== mine);
    const single = singleSpelling(spellings);
    if (isTouched && own.length === added.length) {
      for (const [index, each] of added.entries()) {
        const mine = own[index];
        if (!mine || !isCounterpart(each, mine, own)) return null;
        if (each.unit.raw !== mine.written && each.unit.raw !== mine.own) return null;
        each.unit.raw = mine.own;
      }
    } else if (
      single !== null &&
      isMeant(added, spellings) &&
      (isAscii.test(single) || isComposed(single, form))
    ) {
      for (const { unit } of added) unit.raw = single;
    } else if (isTouched || !added.every(({ unit }) => spellings.some((each) => each.own === unit.raw)))
      return null;
  }
  return units.map((line) => line.map(({ raw }) => raw).join(''));
}

/** All added units are spelt in a way in which the quoted text, or the file, spells them. */
function isMeant(added: readonly { unit: Unit }[], spellings: readonly Spelling[]): boolean {
  return added.every(({ unit: { raw } }) =>
    spellings.some(({ written, own }) => raw === written || raw === own),
  );
}

/** Where units may have changed places, one is that of its position only if no other with another spelling fits as well. */
function isCounterpart(added: Neighbours, mine: Spelling, all: readonly Spelling[]): boolean {
  const others = all.filter(({ own }) => own !== mine.own);
  return others.every((other) => likeness(added, other) < likeness(added, mine));
}

function likeness(left: Neighbours, right: Neighbours): number {
  return Number(left.before === right.before) + Number(left.after === right.after);
}

function neighboursOf(units: readonly Unit[], index: number): Neighbours {
  return { before: units[index - 1]?.plain ?? '', after: units[index + 1]?.plain ?? '' };
}

function isComposed(single: string, form: string): boolean {
  return single.normalize('NFC') === form;
}

function singleSpelling(spellings: readonly Spelling[]): string | null {
  const forms = new Set(spellings.map(({ own }) => own));
  return forms.size === 1 ? ([...forms][0] ?? null) : null;
}
