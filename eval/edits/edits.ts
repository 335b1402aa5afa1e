import { runCases, type Case, type Outcome } from './cases.ts';

/** Cases of each damage in each format. */
const perKind = 60;
const leastCases = 5_000;
const leastExact = 0.98;
const outcomes: Outcome[] = ['exact', 'refused', 'wrong'];

/**
 * Edits that do not quite fit, on files that people changed: how often the result is right to the byte, and that it is never
 * another one. @returns whether all bars are met
 */
export function evaluateEdits(print: (line: string) => void): Promise<boolean> {
  const cases = [...runCases(perKind)];
  printTable(print, cases);
  const wrong = cases.filter(({ outcome }) => outcome === 'wrong');
  const recoverable = cases.filter(({ hasResult }) => hasResult);
  const exact = recoverable.filter(({ outcome }) => outcome === 'exact').length / recoverable.length;
  for (const { format, damage, path } of wrong.slice(0, 20)) print(`  wrong: ${format}, ${damage}, ${path}`);
  print(
    `  cases ${cases.length} (at least ${leastCases}), of them to be refused ${cases.length - recoverable.length}`,
  );
  print(
    `  wrong edits ${wrong.length} (none); no more than ${(300 / cases.length).toFixed(3)} % at 95 % confidence`,
  );
  print(
    `  exact where there is a right result ${(exact * 100).toFixed(2)} % (at least ${leastExact * 100} %)`,
  );
  return Promise.resolve(wrong.length === 0 && exact >= leastExact && cases.length >= leastCases);
}

/** For each damage and format: exact / refused / wrong. */
function printTable(print: (line: string) => void, cases: readonly Case[]): void {
  const formats = [...new Set(cases.map(({ format }) => format))];
  print(`  ${'exact/refused/wrong'.padEnd(28)}${formats.map((name) => name.padStart(18)).join('')}`);
  for (const damage of new Set(cases.map((each) => each.damage))) {
    const cells = formats.map((format) => {
      const own = cases.filter((each) => each.format === format && each.damage === damage);
      const count = (outcome: Outcome) => own.filter((each) => each.outcome === outcome).length;
      return own.length ? outcomes.map(count).join('/') : '–';
    });
    print(`  ${damage.padEnd(28)}${cells.map((cell) => cell.padStart(18)).join('')}`);
  }
}
