import type { MatrixResult, Square } from './run-matrix.ts';

/** What is between these two lines of docs/switching.md is written by `npm run matrix`. */
const begin = '<!-- matrix: begin -->';
const end = '<!-- matrix: end -->';

/** The page with the newest result in it. @throws when the marks are gone */
export function withResult(page: string, result: MatrixResult, day: string): string {
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`the page has no "${begin}" … "${end}"`);
  return `${page.slice(0, before)}${begin}\n\n${resultText(result, day)}\n${page.slice(after)}`;
}

/** Rows: who had the conversation. Columns: who takes over. In a field: states that held, of those tried. */
export function resultText(result: MatrixResult, day: string): string {
  const { squares, requests, seconds } = result;
  const tried = squares.filter(({ problems }) => problems !== null);
  const held = tried.filter(holds);
  const share = Math.floor((held.length / tried.length) * 1_000) / 10;
  return [
    `As of ${day}: ${held.length} of ${tried.length} switches held (${share} %), ${requests} requests, ${Math.round(seconds)} s.`,
    '',
    table(squares, pairsOf),
    '',
    statesTable(squares),
    '',
    ...failures(tried),
  ].join('\n');
}

function holds({ problems }: Square): boolean {
  return problems?.length === 0;
}

function isStreamed({ from }: Square): boolean {
  return from.config.stream !== false;
}

function pairsOf(squares: readonly Square[], from: string, to: string): string {
  return scoreOf(squares.filter((square) => square.from.name === from && square.to.name === to));
}

function scoreOf(squares: readonly Square[]): string {
  const tried = squares.filter(({ problems }) => problems !== null);
  return tried.length ? `${tried.filter(holds).length}/${tried.length}` : '–';
}

function table(squares: readonly Square[], field: typeof pairsOf): string {
  const names = [...new Set(squares.map(({ from }) => from.name))];
  const rows = names.map((from) => [from, ...names.map((to) => field(squares, from, to))]);
  return lines(['from ↓ to →', ...names], rows);
}

function statesTable(squares: readonly Square[]): string {
  const names = [...new Set(squares.map(({ state }) => state.name))];
  const rows = names.map((name) => {
    const own = squares.filter(({ state }) => state.name === name);
    return [name, scoreOf(own.filter(isStreamed)), scoreOf(own.filter((square) => !isStreamed(square)))];
  });
  return lines(['state at the switch', 'streaming', 'whole answers'], rows);
}

function lines(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0), 3));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function failures(tried: readonly Square[]): string[] {
  return tried
    .filter((square) => !holds(square))
    .map(
      ({ from, to, state, problems }) =>
        `- ${from.name} → ${to.name}, ${state.name}${from.config.stream === false ? ', whole' : ''}: ${problems?.join('; ')}`,
    );
}
