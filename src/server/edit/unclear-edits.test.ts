import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, EditRefusal, type Change } from './apply.ts';
import { parsePatch } from './formats/parse-patch.ts';

const edit = (oldText: string, newText: string): Change[] => [{ oldText, newText }];
const v4a = (...lines: string[]): Change[] =>
  parsePatch('a.py', ['*** Begin Patch', '*** Update File: a.py', ...lines, '*** End Patch'].join('\n'));
const unified = (...lines: string[]): Change[] => parsePatch('a.py', `${lines.join('\n')}\n`);

const run = ['     def run(self):', '-        return 1', '+        return 2'];
const classes = (count: number) =>
  Array.from(
    { length: count },
    (_none, index) => `class C${index}:\n    def run(self):\n        return 1\n`,
  ).join('\n');
const twice = 'x();\ny();\nmid();\nx();\ny();\n';
const numberedRun = [' x();', '-y();', '+Y();'];
const middle = ['-mid();', '+MID();'];

/** Each of them once wrote other bytes than were meant. */
const refused: [string, string, Change[]][] = [
  [
    'one of two equal lines with different line ends goes',
    'start one\r\n}\r\n}\nend two\r\n',
    edit('start one\n}\n}\nend two', 'start one\n}\nend two'),
  ],
  [
    'apostrophes of two kinds change places',
    "it’s a 'test' here\n",
    edit("it's a 'test' here", "a 'test' it's here"),
  ],
  ['dashes of two kinds change places', 'total — x-1\n', edit('total - x-1', 'x-2 - total')],
  [
    'a new line ends in spaces, and so does by mistake one that was quoted',
    'first line\nsecond line\n',
    edit('first line \nsecond line', 'first line \nsecond line  \nthird line'),
  ],
  [
    'the block of an @@ line has changed, and the next has the same text',
    `class A:\n    def run(self):\n        return 3\n\n${classes(1)}`,
    v4a('@@ class A:', ...run),
  ],
  ['an @@ line that is only the beginning of a name', classes(1), v4a('@@ class C', ...run)],
  ['an @@ line that is named in a comment', `# see class A: here\n${classes(1)}`, v4a('@@ class A:', ...run)],
  [
    'the section of an @@ line has changed, and the next has the same text',
    '[one]\nname = 2\n[two]\nname = 1\n',
    v4a('@@ [one]', '-name = 1', '+name = 3'),
  ],
  [
    'an @@ line stands twice, the second time beyond fifty copies',
    classes(120).replace(/class C9?9:/g, 'class Same:'),
    v4a('@@ class Same:', ...run),
  ],
  [
    'hunks whose own numbers are not in order',
    twice,
    unified('@@ -4,2 +4,2 @@', ...numberedRun, '@@ -3 +3 @@', ...middle),
  ],
  ['hunks without numbers', twice, v4a('@@', ...numberedRun, '@@', ...middle)],
  [
    'the last line of a file, which has others after it now',
    'start\nbeta\nmore\n',
    unified('@@ -2 +2 @@', '-beta', '\\ No newline at end of file', '+gamma', '\\ No newline at end of file'),
  ],
  [
    'numbers that the file has itself',
    '1: alpha_changed\n2: beta\nlist:\nalpha_alpha\nbeta\n',
    edit('1: alpha_alpha\n2: beta', '1: gamma\n2: beta'),
  ],
  [
    'an escape that a string of the file has',
    'msg = "line one text\\nline changed"\nline one text\nline two text\n',
    edit('line one text\\nline two text', 'line one text\\nline three text'),
  ],
  [
    'a line that stands in two indentations, neither of which was quoted',
    'if a:\n  call_it()\nif b:\n      call_it()\n',
    edit('    call_it()', '    stop()'),
  ],
  [
    'a line that stands in tabs and in spaces',
    '\tcall_it()\nx\n        call_it()\n',
    edit('    call_it()\n', '    stop()\n'),
  ],
  [
    'a block that stands elsewhere in an indentation that no shift explains',
    '\t  one(alpha)\n\t two(beta)\nx\n      one(alpha)\n     two(beta)\n',
    edit('    one(alpha)\n   two(beta)', '    one(alpha)\n   three()'),
  ],
  [
    'one line is indented by one space too many, and the new ones are not',
    'first()\nsecond()\n    third()\n',
    edit('first()\nsecond()\n     third()', 'first()\n    second()\n     third()'),
  ],
  [
    'one of two equal lines is new, and one was quoted in another indentation',
    '[lib]\npath = "here"\n[next]\n',
    edit('[lib]\n path = "here"\n[next]', '[lib]\npath = "here"\n path = "here"\n[next]'),
  ],
  [
    'one of two blank lines, which end in other spaces, goes with the lines around it',
    'first here\n\nsecond\n \nthird\nfourth\t\n',
    edit('first here\n\nsecond\n\nthird\nfourth', 'first here\n\nfourth'),
  ],
  ['a number that goes on', 'limit = 30\n', edit('limit = 3', 'limit = 5')],
  ['a number that goes on after its point', 'limit = 3.5\n', edit('limit = 3', 'limit = 5')],
];

for (const [name, file, changes] of refused)
  test(`refused: ${name}`, () => {
    assert.throws(() => applyChanges('a.py', file, changes), EditRefusal);
  });

const applied: [string, string, Change[], string][] = [
  [
    'a patch says which of two equal lines goes, and with it which line end',
    'start one\r\n}\r\n}\nend two\r\n',
    v4a('@@', ' start one', '-}', ' }', ' end two'),
    'start one\r\n}\nend two\r\n',
  ],
  [
    'lines that are only indented keep their line ends',
    'a1()\r\nb2()\nc3()\r\n',
    edit('a1()\nb2()\nc3()', 'if x:\n  a1()\n  b2()\nc3()'),
    'if x:\r\n  a1()\r\n  b2()\nc3()\r\n',
  ],
  [
    'a part of a name that is quoted within its line',
    'x = getUserById(1)\n',
    edit('getUser', 'findUser'),
    'x = findUserById(1)\n',
  ],
  [
    'a curly quote keeps its place when a word between changes',
    'say “hello” to \'x\' and "y"\n',
    edit('say "hello" to \'x\' and "y"', 'say "hi" to \'x\' and "y"'),
    'say “hi” to \'x\' and "y"\n',
  ],
  [
    'an @@ line beyond fifty copies of the text',
    classes(60),
    v4a('@@ class C59:', ...run),
    classes(60).replace(/return 1\n$/, 'return 2\n'),
  ],
  [
    'words may stand before what an @@ line names',
    'class A:\n    async def run(self):\n        return 1\n\n    def go(self):\n        return 1\n',
    v4a('@@ def run(self):', '-        return 1', '+        return 2'),
    'class A:\n    async def run(self):\n        return 2\n\n    def go(self):\n        return 1\n',
  ],
];

for (const [name, file, changes, expected] of applied)
  test(name, () => assert.equal(applyChanges('a.py', file, changes).text, expected));
