/** How the indentation of a quoted text becomes that of the file; null where it does not say. */
type Shift = (indent: string) => string | null;

const units = ['\t', '  ', '    ', '        '];

/** The spaces and tabs at the start of a line. */
export function indentOf(line: string): string {
  let end = 0;
  while (end < line.length && (line[end] === ' ' || line[end] === '\t')) end += 1;
  return line.slice(0, end);
}

/**
 * The ways in which all pairs of indentation are explained by one shift to the left or right, or by one change of the unit.
 * With few lines there may be several: what they disagree on must not be written.
 * @param written what was quoted for each line
 * @param own what the file has there
 * @param others indentation that occurs in the new text: a unit must divide it too
 */
export function shiftsBetween(
  written: readonly string[],
  own: readonly string[],
  others: readonly string[],
): Shift[] {
  const candidates = [...sideShifts(written[0] ?? '', own[0] ?? ''), ...unitChanges(written, others)];
  return candidates.filter((shift) => written.every((indent, index) => shift(indent) === own[index]));
}

/** The one indentation on which all shifts agree, else null. */
export function shifted(shifts: readonly Shift[], indent: string): string | null {
  const results = new Set(shifts.map((shift) => shift(indent)));
  return results.size === 1 ? ([...results][0] ?? null) : null;
}

function sideShifts(written: string, own: string): Shift[] {
  if (own.length > written.length && own.endsWith(written)) {
    const more = own.slice(0, own.length - written.length);
    return [(indent) => more + indent];
  }
  if (written.length > own.length && written.endsWith(own)) {
    const less = written.slice(0, written.length - own.length);
    return [(indent) => (indent.startsWith(less) ? indent.slice(less.length) : null)];
  }
  return [];
}

function unitChanges(written: readonly string[], others: readonly string[]): Shift[] {
  // A line that is not of whole units says nothing about the unit.
  const shows = (from: string) =>
    written.some((indent) => indent !== '' && indent === from.repeat(indent.length / from.length));
  const pairs = units
    .filter(shows)
    .flatMap((from) => units.filter((to) => to !== from).map((to) => ({ from, to })));
  return pairs
    .map(
      ({ from, to }) =>
        (indent: string) =>
          withUnit(indent, from, to),
    )
    .filter((shift) => others.every((indent) => shift(indent) !== null));
}

/** Whole units, and at most one space after them as in the lines of a block comment. */
function withUnit(indent: string, from: string, to: string): string | null {
  let count = 0;
  while (indent.startsWith(from, count * from.length)) count += 1;
  const rest = indent.slice(count * from.length);
  return rest === '' || rest === ' ' ? to.repeat(count) + rest : null;
}
