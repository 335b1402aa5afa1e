import { applyChanges, EditRefusal, type Change } from '#server/edit/apply.ts';
import { parsePatch } from '#server/edit/formats/parse-patch.ts';
import { percentile, type Benchmark, type Figure } from './support/figures.ts';

const rounds = 200;

/** Functions as they are in real files: much alike, each with a name of its own. 8 lines each. */
function fileOf(lines: number): string {
  const functions = Array.from({ length: lines / 8 }, (_none, index) =>
    [
      `/** Adds what the order ${index} costs to “total”, or refuses it. */`,
      `export function addOrder${index}(total: number, order: Order): number {`,
      "  if (order.state === 'cancelled') return total;",
      `  const price = priceOf(order, ${index}) * order.count;`,
      '  if (price < 0) throw new RangeError(`price ${price} is below zero`);',
      '  return total + price;',
      '}',
      '',
    ].join('\n'),
  );
  return `${functions.join('\n')}\n`;
}

const wanted = (index: number) =>
  [
    `export function addOrder${index}(total: number, order: Order): number {`,
    "  if (order.state === 'cancelled') return total;",
    `  const price = priceOf(order, ${index}) * order.count;`,
  ].join('\n');
const change = (oldText: string): Change[] => [{ oldText, newText: oldText.replace('* order.count', '* 2') }];
const shifted = (text: string) => text.replaceAll(/^/gm, '  ');

/** What is asked of a file, each time at another place. */
const cases: { name: string; changes: (index: number) => Change[] }[] = [
  { name: 'exact', changes: (index) => change(wanted(index)) },
  { name: 'shifted', changes: (index) => change(shifted(wanted(index))) },
  {
    name: 'with line numbers',
    changes: (index) =>
      change(
        wanted(index)
          .split('\n')
          .map((line, at) => `${String(at + 7).padStart(6)}\t${line}`)
          .join('\n'),
      ),
  },
  {
    name: 'V4A patch',
    changes: (index) =>
      parsePatch('a.ts', `@@\n   const price = priceOf(order, ${index}) * order.count;\n+  check(price);`),
  },
  { name: 'refused, not there', changes: (index) => change(wanted(index).replace('cancelled', 'withdrawn')) },
  { name: 'refused, many places', changes: () => change('  return total + price;\n}\n') },
];

/** One change of a file: find its place, write it, or say where it nearly stands. */
export const edit: Benchmark = {
  name: 'edit',
  run() {
    const figures: Figure[] = [];
    for (const lines of [4_000, 25_000]) {
      const text = fileOf(lines);
      for (const { name, changes } of cases) {
        const times = Array.from({ length: lines > 4_000 ? rounds / 10 : rounds }, (_none, round) => {
          const index = (round * 37) % (lines / 8);
          const made = changes(index);
          const began = performance.now();
          tryToApply(text, made);
          return performance.now() - began;
        });
        const bar = lines === 4_000 ? { bar: 10 } : {};
        figures.push({
          name: `${lines} lines, ${name}, p95`,
          value: percentile(times, 0.95),
          unit: 'ms',
          ...bar,
        });
      }
    }
    const line = `${fileOf(25_000).replaceAll('\n', ' ')}\n`;
    const began = performance.now();
    tryToApply(line, change('order.count * 3; if (price < 1) throw new TypeError()'));
    figures.push({ name: 'one line of 1 MB, refused', value: performance.now() - began, unit: 'ms' });
    return Promise.resolve({ figures });
  },
};

function tryToApply(text: string, changes: readonly Change[]): void {
  try {
    applyChanges('a.ts', text, changes);
  } catch (cause) {
    if (!(cause instanceof EditRefusal)) throw cause;
  }
}
