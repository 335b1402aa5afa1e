import { test } from 'node:test';
import assert from 'node:assert/strict';
import { textForm } from './text-form.ts';
import { readUpdate } from './update-lines.ts';
import { mergeProblem } from './verify-merge.ts';

const cart = `import { round } from './round.js';
import { log } from './log.js';

//a cart of a shop
const limit = 10;

export function add(cart, item) {
  if (cart.length >= limit) throw new Error('full');
  cart.push(item);
  return cart;
}

export function total(cart) {
  let sum = 0;
  for (const item of cart) sum += item.price;
  return round(sum);
}

export function clear(cart) {
  log('clear');
  cart.length = 0;
}

export class Shop {
  constructor(name) {
    this.name = name;
  }

  open() {
    log(this.name);
    return true;
  }
}
`;

const script = `import os
import sys

LIMIT = 10


def read(path):
    with open(path) as file:
        return file.read()


def main():
    for path in sys.argv[1:]:
        text = read(path)
        print(len(text))


if __name__ == "__main__":
    main()
`;

const keep = '// ... existing code ...';

interface Case {
  name: string;
  path: string;
  before: string;
  update: string;
  merged: string;
}

function edit(name: string, update: string, replaced: [from: string, to: string][]): Case {
  const isScript = replaced.some(([from]) => script.includes(from));
  const before = isScript ? script : cart;
  const merged = replaced.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `${name}: ${from}`);
    return text.replace(from, () => to);
  }, before);
  return { name, path: isScript ? 'main.py' : 'cart.js', before, update, merged };
}

const asked: Case[] = [
  edit(
    'a whole function, nothing else',
    `export function total(cart) {\n  return round(cart.reduce((sum, { price }) => sum + price, 0));\n}`,
    [
      [
        `  let sum = 0;\n  for (const item of cart) sum += item.price;\n  return round(sum);\n`,
        `  return round(cart.reduce((sum, { price }) => sum + price, 0));\n`,
      ],
    ],
  ),
  edit('one line between markers', `${keep}\nconst limit = 20;\n${keep}\n`, [['limit = 10;', 'limit = 20;']]),
  edit(
    'a line at the top of a function, with the rest of it behind a marker',
    `${keep}\nexport function clear(cart) {\n  if (!cart) return;\n  ${keep}\n}\n${keep}`,
    [['clear(cart) {\n', 'clear(cart) {\n  if (!cart) return;\n']],
  ),
  edit(
    'two places, with lines around each',
    `${keep}\nconst limit = 10;\nconst currency = 'EUR';\n\n${keep}\n  return round(sum) + currency;\n}\n${keep}`,
    [
      ['const limit = 10;\n', "const limit = 10;\nconst currency = 'EUR';\n"],
      ['return round(sum);', 'return round(sum) + currency;'],
    ],
  ),
  edit(
    'a new function between two that are there',
    `${keep}\n  return round(sum);\n}\n\nexport function count(cart) {\n  return cart.length;\n}\n\nexport function clear(cart) {\n${keep}`,
    [
      [
        'export function clear',
        'export function count(cart) {\n  return cart.length;\n}\n\nexport function clear',
      ],
    ],
  ),
  edit(
    'a line goes, between lines that stay',
    `${keep}\nexport function clear(cart) {\n  cart.length = 0;\n}\n${keep}`,
    [["  log('clear');\n", '']],
  ),
  edit(
    'a method at the end of a class',
    `${keep}\n    return true;\n  }\n\n  close() {\n    return false;\n  }\n}`,
    [['    return true;\n  }\n', '    return true;\n  }\n\n  close() {\n    return false;\n  }\n']],
  ),
  edit(
    'an import at the top',
    `import { round } from './round.js';\nimport { tax } from './tax.js';\nimport { log } from './log.js';\n${keep}`,
    [['import { log }', "import { tax } from './tax.js';\nimport { log }"]],
  ),
  edit(
    'Python: a changed loop, with its own marker',
    `# ... existing code ...\n\ndef main():\n    for path in sorted(sys.argv[1:]):\n        text = read(path)\n        print(path, len(text))\n\n\n# ... existing code ...`,
    [
      ['in sys.argv[1:]:', 'in sorted(sys.argv[1:]):'],
      ['print(len(text))', 'print(path, len(text))'],
    ],
  ),
  edit(
    'Python: written one level too far out',
    `with open(path, encoding="utf-8") as file:\n    return file.read()`,
    [['open(path)', 'open(path, encoding="utf-8")']],
  ),
];

test('a merge that does what its update says is taken', () => {
  for (const each of asked) assert.equal(mergeProblem(each), null, each.name);
});

type Fault = (each: Case) => string | null;

const replace =
  (from: string | RegExp, to: string): Fault =>
  ({ merged }) => {
    const changed = merged.replace(from, () => to);
    return changed === merged ? null : changed;
  };

/** What recorded merges do wrong, and what others may. Each is done to each of the good merges. */
const faults: Record<string, Fault> = {
  'reformats a comment that nobody mentioned': replace('//a cart', '// a cart'),
  'reformats a string': replace("'./log.js'", '"./log.js"'),
  'loses a line that nobody mentioned': replace("import { round } from './round.js';\n", ''),
  'loses a line of Python that nobody mentioned': replace('LIMIT = 10\n', ''),
  'loses a function': replace(/export function add[^}]*}\n\n/, ''),
  'loses the end of the file': ({ merged }) => `${merged.split('\n').slice(0, -6).join('\n')}\n`,
  'loses the beginning of the file': ({ merged }) => merged.split('\n').slice(2).join('\n'),
  'has a line that nobody asked for': replace('\n\n', '\nconst surprise = true;\n\n'),
  'has a comment that nobody asked for': replace('\n\n', '\n// Added by the merge\n\n'),
  'has a blank line more': replace(/\n( *)(this\.name = name;|return file\.read\(\)\n)/, '\n\n$1$2'),
  'leaves trailing space': replace('cart.push(item);', 'cart.push(item); '),
  'changes a tab for spaces': replace('    this.name', '\tthis.name'),
  'indents a line otherwise': replace('      log', '        log'),
  'leaves its marker in': replace('\n\n', `\n${keep}\n\n`),
  'leaves a hash marker in': replace('\n\n', '\n# ... existing code ...\n\n'),
  'is in a code block': ({ merged }) => `\`\`\`js\n${merged}\`\`\`\n`,
  'has words around it': ({ merged }) => `Here is the file:\n\n${merged}`,
  'has two lines in another order': replace(
    "import { round } from './round.js';\nimport { log }",
    "import { log }\nimport { round } from './round.js';\n",
  ),
  'has a function twice': ({ merged }) => {
    const [found] = /export function add[^}]*}\n\n/.exec(merged) ?? [];
    return found ? merged.replace(found, found + found) : null;
  },
  'is the file as it was': ({ before }) => before,
  'is empty': () => '',
  'is only the update': ({ update }) => `${update}\n`,
};

test('a merge that loses, adds or changes anything else is refused', () => {
  let cases = 0;
  for (const each of asked)
    for (const [name, fault] of Object.entries(faults)) {
      const merged = fault(each);
      if (merged === null || merged === each.merged) continue;
      cases += 1;
      assert.notEqual(mergeProblem({ ...each, merged }), null, `${each.name}: ${name}`);
    }
  assert.ok(cases > 120, `${cases} cases`);
});

test('a merge in which any one line is gone, doubled or changed is refused', () => {
  let cases = 0;
  for (const each of asked) {
    const lines = each.merged.split('\n');
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue;
      const put = (...now: string[]) => lines.toSpliced(index, 1, ...now).join('\n');
      const changes = [put(), put(line, line), put(`${line};`), put(` ${line}`), put(line.toUpperCase())];
      for (const merged of changes) {
        if (merged === each.merged) continue;
        cases += 1;
        const isRefused = mergeProblem({ ...each, merged }) !== null;
        assert.ok(
          isRefused || isAllowed(each, lines, index, merged),
          `${each.name}: line ${index + 1} ${merged}`,
        );
      }
    }
  }
  assert.ok(cases > 1_000, `${cases} cases`);
});

/** A bracket that the update has once more than the merge needs cannot be told from one that it asks for. */
function isAllowed({ update }: Case, lines: string[], index: number, merged: string): boolean {
  const line = lines[index] ?? '';
  return merged.split('\n').length > lines.length && line.trim().length < 3 && update.includes(line);
}

const refused: [name: string, update: string, replaced: [string, string][], problem: RegExp][] = [
  [
    'a requested line is missing',
    `${keep}\nconst limit = 20;\nconst least = 1;\n${keep}`,
    [['limit = 10;', 'limit = 20;']],
    /lacks a line of the update: "const least = 1;"/,
  ],
  [
    'a requested line is at another place',
    `${keep}\nexport function total(cart) {\n  log('total');\n  let sum = 0;\n${keep}`,
    [['  return round(sum);', "  log('total');\n  return round(sum);"]],
    /lacks a line of the update|not where the update has it/,
  ],
  [
    'what stands behind a marker is gone',
    `${keep}\nexport function clear(cart) {\n  if (!cart) return;\n  ${keep}\n}\n${keep}`,
    [["  log('clear');\n", '  if (!cart) return;\n']],
    /lacks a line of the file that the update does not mention: line 20, "log\('clear'\);"/,
  ],
  [
    'more lines go than come, without a line around them',
    `${keep}\n  return round(sum * 2);\n${keep}`,
    [['  for (const item of cart) sum += item.price;\n  return round(sum);', '  return round(sum * 2);']],
    /lacks a line of the file/,
  ],
  [
    'another line goes for the one that comes',
    `${keep}\nconst least = 1;\n${keep}`,
    [["  log('clear');\n", 'const least = 1;\n']],
    /lacks a line of the file/,
  ],
  [
    'the old function stays beside the new one',
    `export function total(cart) {\n  return 0;\n}`,
    [['export function clear', 'export function total(cart) {\n  return 0;\n}\n\nexport function clear']],
    /has a second "export function total\(cart\) \{"/,
  ],
  [
    'the signs of a diff are taken for text',
    `${keep}\n-const limit = 10;\n+const limit = 20;\n${keep}`,
    [['limit = 10;', 'limit = 20;']],
    /lacks a line of the update/,
  ],
];

test('each fault is named, with its line', () => {
  for (const [name, update, replaced, problem] of refused)
    assert.match(mergeProblem(edit(name, update, replaced)) ?? 'taken', problem, name);
});

test('a hostile file is compared in bounded time', () => {
  const before = `${'\n'.repeat(150_000)}a\n`;
  assert.equal(textForm(before)?.restore(`${'\n'.repeat(150_000)}b`), `${'\n'.repeat(150_000)}b\n`);
  assert.equal(readUpdate(` ${' '.repeat(250_000)}x`).lines.length, 1);
  const names = Array.from({ length: 3_000 }, (_value, index) => `function f${index}() {}`);
  const text = names.join('\n');
  assert.match(mergeProblem({ path: 'a.js', before: text, update: text, merged: `${text}\n\nx` }) ?? '', /./);
});

test('a comparison that would take too long is refused', () => {
  const before = 'same line\n'.repeat(6_000);
  const update = 'same line\n'.repeat(1_000);
  const merged = `${before}same line\n`;
  assert.match(mergeProblem({ path: 'a.txt', before, update, merged }) ?? '', /too large/);
  const other = Array.from({ length: 5_000 }, (_value, index) => `line ${index}`).join('\n');
  assert.match(mergeProblem({ path: 'a.txt', before, update, merged: other }) ?? '', /too many lines/);
});
