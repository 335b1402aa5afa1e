import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, EditRefusal, type Rung } from '../apply.ts';

interface Given {
  path?: string;
  file: string;
  old: string;
  new: string;
}

function applied({ path = 'a.ts', file, old, new: newText }: Given): {
  text: string;
  rung: Rung | undefined;
} {
  const { text, rungs } = applyChanges(path, file, [{ oldText: old, newText }]);
  return { text, rung: rungs[0] };
}

function refused(given: Given): string {
  try {
    return assert.fail(`applied: ${JSON.stringify(applied(given))}`);
  } catch (cause) {
    if (cause instanceof EditRefusal) return cause.message;
    throw cause;
  }
}

/** Each promise in one line: what is asked of which file, and what has to come of it. */
const exactCases: [string, Given, string, Rung][] = [
  [
    'trailing space of kept lines stays, in a patch of Markdown too',
    { file: 'first line  \nsecond\nthird\n', old: 'first line\nsecond', new: 'first line\nchanged' },
    'first line  \nchanged\nthird\n',
    'trailing_space',
  ],
  [
    'a deleted line goes with its line end',
    { file: 'aaaa\nbbbbbbbbbb  \ncccc\n', old: 'bbbbbbbbbb\n', new: '' },
    'aaaa\ncccc\n',
    'trailing_space',
  ],
  [
    'typographic quotes stay where nothing changes, within a changed line',
    {
      path: 'a.md',
      file: 'He said “don’t” and left.\n',
      old: 'He said "don\'t" and left.',
      new: 'He said "don\'t" and stayed.',
    },
    'He said “don’t” and stayed.\n',
    'typography',
  ],
  [
    'quotes that a model made typographic become those of the file',
    { file: 'say("hello");\nend();\n', old: 'say(“hello”);', new: 'say(“good”, “bye”);' },
    'say("good", "bye");\nend();\n',
    'typography',
  ],
  [
    'a space that is none of the keyboard stays',
    { file: 'const\u00a0value = 1;\n', old: 'const value = 1;', new: 'const value = 2;' },
    'const\u00a0value = 2;\n',
    'typography',
  ],
  [
    'decomposed letters stay',
    {
      file: '// cafe\u0301 here\nopen();\n',
      old: '// caf\u00e9 here\nopen();',
      new: '// caf\u00e9 here\nclose();',
    },
    '// cafe\u0301 here\nclose();\n',
    'typography',
  ],
  [
    'new lines are shifted as far as the quoted ones',
    {
      path: 'a.py',
      file: 'def a():\n    for i in x:\n        go(i)\n',
      old: '  for i in x:\n    go(i)',
      new: '  for i in x:\n    if i:\n      go(i)',
    },
    'def a():\n    for i in x:\n        if i:\n            go(i)\n',
    'indentation',
  ],
  [
    'recipes of a makefile keep their tabs',
    {
      path: 'Makefile',
      file: 'all: build\n\tcc -c a.c\n',
      old: 'all: build\n    cc -c a.c',
      new: 'all: build\n    cc -O2 -c a.c\n    echo done',
    },
    'all: build\n\tcc -O2 -c a.c\n\techo done\n',
    'indentation',
  ],
  [
    'a change of indentation is made in the unit of the file',
    {
      file: '\t\tfoo(bar, baz)\n\t\t\tqux()\n',
      old: '    foo(bar, baz)\n      qux()',
      new: '    foo(bar, baz)\n    qux()',
    },
    '\t\tfoo(bar, baz)\n\t\tqux()\n',
    'indentation',
  ],
  [
    'a block comment follows its code',
    {
      file: '\t/**\n\t * Says.\n\t */\n\tsay();\n',
      old: '    /**\n     * Says.\n     */',
      new: '    /**\n     * Says it.\n     * Twice.\n     */',
    },
    '\t/**\n\t * Says it.\n\t * Twice.\n\t */\n\tsay();\n',
    'indentation',
  ],
  [
    'line numbers of read_file are no part of the text',
    {
      file: 'const a = 1;\nconst b = 2;\n',
      old: '     1\tconst a = 1;\n     2\tconst b = 2;',
      new: '     1\tconst a = 1;\n     2\tconst c = 3;\n     3\tconst b = 2;',
    },
    'const a = 1;\nconst c = 3;\nconst b = 2;\n',
    'line_numbers',
  ],
  [
    'new lines may come without the numbers, and with content that looks like one',
    {
      path: 'a.yaml',
      file: 'items:\n  10: alpha\n',
      old: '     1\titems:\n     2\t  10: alpha',
      new: 'items:\n  10: alpha\n  20: beta',
    },
    'items:\n  10: alpha\n  20: beta\n',
    'line_numbers',
  ],
  [
    'an argument that was escaped twice is read once more',
    {
      file: 'if (a) {\n\tsay("b");\n}\n',
      old: 'if (a) {\\n\\tsay(\\"b\\");\\n}',
      new: 'if (a) {\\n\\tsay(\\"c\\");\\n\\tend();\\n}',
    },
    'if (a) {\n\tsay("c");\n\tend();\n}\n',
    'escapes',
  ],
  [
    'escapes that are in the file are just text',
    { file: 'print("a\\nb")\nnext()\n', old: 'print("a\\nb")', new: 'print("a\\nc")' },
    'print("a\\nc")\nnext()\n',
    'exact',
  ],
  [
    'blank lines that the quoted text has fewer of stay',
    {
      file: 'start();\n\n\nbody();\n\nmore();\nend();\n',
      old: 'start();\nbody();\n\nmore();\nend();',
      new: 'start();\nbody();\n\nless();\nend();',
    },
    'start();\n\n\nbody();\n\nless();\nend();\n',
    'blank_lines',
  ],
  [
    'the last line may have no line end',
    { file: 'alpha()\nbeta(gamma)', old: 'beta(gamma)\n', new: 'beta(delta)\n' },
    'alpha()\nbeta(delta)',
    'exact',
  ],
  [
    'the file of an old Mac keeps its line ends',
    { file: 'a one\rb two\rc three\r', old: 'b two\nc three', new: 'b 2\nnew\nc three' },
    'a one\rb 2\rnew\rc three\r',
    'exact',
  ],
  [
    'each line keeps its own line end, and a new one has that of the line it replaces',
    { file: 'a\r\nbbbbbbbb\r\nc\nd\n', old: 'a\nbbbbbbbb\nc', new: 'a\nB\nc' },
    'a\r\nB\r\nc\nd\n',
    'exact',
  ],
  [
    'a text may begin and end within lines',
    {
      file: 'const it = "a’s"  \n  + one(two);\n',
      old: 'it = "a\'s"\n  + one(',
      new: 'it = "a\'s"\n  + three(',
    },
    'const it = "a’s"  \n  + three(two);\n',
    'typography',
  ],
  [
    'separators of Unicode end no line',
    { file: 'a\u2028b line\nsecond line\n', old: 'b line\nsecond line', new: 'b line\nthird' },
    'a\u2028b line\nthird\n',
    'exact',
  ],
  [
    'a byte order mark stays, quoted or not',
    { file: '\uFEFFfirst line\nsecond\n', old: '\uFEFFfirst line', new: 'changed' },
    '\uFEFFchanged\nsecond\n',
    'exact',
  ],
];

for (const [name, given, expected, rung] of exactCases)
  test(name, () => assert.deepEqual(applied(given), { text: expected, rung }));

const refusedCases: [string, Given, RegExp][] = [
  [
    'a text that only nearly stands there',
    { file: 'const Foo = bar;\n', old: 'const foo = bar;', new: 'x' },
    /Line 1 differs: the file has "const Foo/,
  ],
  [
    'two places under the same rung',
    { file: 'say “x” now\nsay ”x“ now\n', old: 'say "x" now', new: 'say "y" now' },
    /at lines 1, 2/,
  ],
  [
    'two places under rungs of which neither needs less',
    { file: 'say(“x”)  \n  say("x")\n', old: '    say("x") ', new: 'say("y")' },
    /does not stand|at lines/,
  ],
  [
    'an added quote where the file has two kinds',
    { path: 'a.md', file: 'He said “no”.\n', old: 'He said "no".', new: 'He said "no", "no".' },
    /not clear which are meant/,
  ],
  [
    'new lines whose depth two shifts put at two places',
    { file: '  foo(alpha)\n', old: '    foo(alpha)', new: '    foo(alpha) {\n        bar\n    }' },
    /how far new lines are to be indented/,
  ],
  [
    'lines that are shifted each in its own way',
    { file: '  if (one) {\n    two();\n  }\n', old: '    if (one) {\n    two();\n      }', new: 'x' },
    /does not stand/,
  ],
  [
    'a change next to a blank line that differs',
    { file: 'one one\n\n\ntwo two\n', old: 'one one\ntwo two', new: 'one one\nX\ntwo two' },
    /number of blank lines next to the change/,
  ],
  ['a short text that is not exact', { file: '  }\n\nx\n', old: '}\n \nx', new: 'y' }, /does not stand/],
  [
    'numbers that do not count up',
    { file: 'const a = 1;\nconst b = 2;\n', old: '1\tconst a = 1;\n5\tconst b = 2;', new: 'x' },
    /does not stand/,
  ],
  [
    'an escape that may belong to a string',
    { file: 'say("a");\nend();\n', old: 'say(\\"a\\");\\nend();', new: 'say(\\"a\\n\\");\\nend();' },
    /may belong to strings/,
  ],
  [
    'a line break of Markdown that the text leaves out',
    {
      path: 'a.md',
      file: 'first line  \nsecond line\n',
      old: 'first line\nsecond line',
      new: 'other line\nsecond line',
    },
    /line break in Markdown/,
  ],
  [
    'which of two equal lines goes, where they are not quite equal',
    { file: 'start of it\n}\n} \nend\n', old: 'start of it\n}\n}\nend', new: 'start of it\n}\nend' },
    /which of several equal lines/,
  ],
  [
    'closing brackets that stand at another depth',
    { file: 'f() {\n  a();\n  }\n}\ng() {\n  b();\n  }\n}\n', old: '  b();\n}\n}', new: 'x' },
    /does not stand/,
  ],
  [
    'an addition that is there already',
    { file: 'import a;\nimport b;\n', old: 'import a;\n', new: 'import a;\nimport b;\n' },
    /already applied/,
  ],
  [
    'a replacement that is there already',
    { file: 'const total = sum(2);\n', old: 'const total = sum(1);', new: 'const total = sum(2);' },
    /already applied/,
  ],
  [
    'a near copy at another depth after the change was made',
    {
      file: 'f() {\n  return one(2);\n}\nclass A {\n  f() {\n    return one(1);\n  }\n}\n',
      old: 'f() {\n  return one(1);\n}',
      new: 'f() {\n  return one(2);\n}',
    },
    /already applied/,
  ],
  [
    'only line ends that differ',
    { file: 'a\r\nb\r\n', old: 'a\r\nb\r\n', new: 'a\nb\n' },
    /only in line ends/,
  ],
];

for (const [name, given, message] of refusedCases)
  test(`refused: ${name}`, () => assert.match(refused(given), message));

test('text that an earlier edit of the call brings is said to be there', () => {
  const edits = [
    { oldText: 'one', newText: 'one\nbrand new line' },
    { oldText: 'brand new line', newText: 'x' },
  ];
  assert.throws(() => applyChanges('a', 'one\n', edits), /newText of edit 1/);
});

test('the three closest places are shown with their real text', () => {
  const file = Array.from(
    { length: 5 },
    (_none, index) => `call(${index}, "alpha");\nother${index}();\n`,
  ).join('');
  const message = refused({ file, old: 'call(7, "alpha");', new: 'x' });
  assert.equal(message.match(/^ +\d+\tcall\(\d, "alpha"\);$/gm)?.length, 3);
});
