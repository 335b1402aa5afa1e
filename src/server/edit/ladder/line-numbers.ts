import type { Wording } from './wording.ts';

/** How line numbers are shown: by our `read_file` and `cat -n`, by `grep -n`, and by other tools and editors. */
const forms = [
  /^ *(\d{1,7})(?:\t|$)/,
  /^ *(\d{1,7})(?:→|$)/,
  /^ *(\d{1,7})(?::|$)/,
  /^ *(\d{1,7})(?: ?\||$)/,
].flatMap((form) => [form, new RegExp(form.source.replace('|$', ' |$'))]);

/**
 * The quoted text without the line numbers that were copied with it: every line has one and they count up by one. New text
 * may carry them too, or only in the lines that it keeps.
 */
export function withoutLineNumbers({ oldText, newText, ...rest }: Wording): Wording[] {
  return forms.flatMap((form) => {
    const oldLines = linesOf(oldText);
    const numbers = oldLines.map((line) => numberOf(line, form));
    const first = numbers[0];
    if (first === undefined || first === null) return [];
    if (numbers.some((number, index) => number !== first + index)) return [];
    const strip = (line: string) => line.replace(form, '');
    const written = newWithout(linesOf(newText), oldLines, { form, first });
    if (!written) return [];
    const result = {
      ...rest,
      oldText: oldLines.map(strip).join('\n') + endOf(oldText),
      newText: written.lines.join('\n') + endOf(newText),
      rungs: ['line_numbers' as const],
      copied: { first, form },
    };
    return [written.hadNumbers ? result : { ...result, isIndentExact: true }];
  });
}

/** Numbers that are not those of the place, in a file with such numbers of its own, are more likely a text that is gone. */
export function mayBeOwnNumbers(lines: readonly string[], from: number, { copied }: Wording): boolean {
  if (!copied || copied.first === from + 1) return false;
  return lines.some((line) => line.trim() !== '' && copied.form.test(line));
}

function newWithout(
  lines: string[],
  oldLines: readonly string[],
  { form, first }: { form: RegExp; first: number },
): { lines: string[]; hadNumbers: boolean } | null {
  if (!lines.length) return { lines, hadNumbers: true };
  const numbers = lines.map((line) => numberOf(line, form));
  if (numbers.every((number) => number !== null))
    return numbers[0] === first
      ? { lines: lines.map((line) => line.replace(form, '')), hadNumbers: true }
      : null;
  const known = new Set(oldLines);
  if (lines.some((line, index) => numbers[index] !== null && !known.has(line))) return null;
  return { lines: lines.map((line) => (known.has(line) ? line.replace(form, '') : line)), hadNumbers: false };
}

function numberOf(line: string, form: RegExp): number | null {
  const [, digits] = form.exec(line) ?? [];
  return digits === undefined ? null : Number(digits);
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function endOf(text: string): string {
  return text.endsWith('\n') ? '\n' : '';
}
