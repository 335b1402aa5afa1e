import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, EditRefusal } from '../apply.ts';
import { parsePatch } from './parse-patch.ts';

function patched(file: string, patch: string, path = 'a.ts'): string {
  return applyChanges(path, file, parsePatch(path, patch)).text;
}

const twoClasses =
  'class A:\n    def f(self):\n        return 1\n\nclass B:\n    def f(self):\n        return 1\n';
const v4a = (...lines: string[]) =>
  ['*** Begin Patch', '*** Update File: a.ts', ...lines, '*** End Patch'].join('\n');

const applied: [string, string, string, string][] = [
  [
    'a line after @@ says in which block',
    twoClasses,
    v4a('@@ class B:', '@@     def f(self):', '-        return 1', '+        return 2'),
    twoClasses.replace(/return 1\n$/, 'return 2\n'),
  ],
  [
    'the end of the file decides between two places',
    'x();\nend();\nx();\nend();\n',
    v4a('@@', ' x();', '-end();', '+fin();', '*** End of File'),
    'x();\nend();\nx();\nfin();\n',
  ],
  ['lines can be added at the end of the file', 'a\nb\n', v4a('@@', '+c', '*** End of File'), 'a\nb\nc\n'],
  [
    'an empty line may have lost its space',
    'one\n\ntwo\n',
    v4a('@@', ' one', '', '-two', '+three'),
    'one\n\nthree\n',
  ],
  ['a patch needs no frame', 'one\ntwo\n', '@@\n one\n-two\n+2\n', 'one\n2\n'],
  [
    'counts and line numbers of a unified diff may be wrong',
    'one\ntwo\nthree\n',
    '--- a/a.ts\n+++ b/a.ts\n@@ -40,9 +40,2 @@ f()\n one\n-two\n+2\n three\n',
    'one\n2\nthree\n',
  ],
  [
    'hunks in their order decide for one that stands twice',
    'one();\nx();\ny();\ntwo();\nx();\ny();\n',
    '@@ -4,1 +4,1 @@\n-two();\n+TWO();\n@@ -5,2 +5,2 @@\n x();\n-y();\n+Y();\n',
    'one();\nx();\ny();\nTWO();\nx();\nY();\n',
  ],
  [
    'removed and added lines may look like the names of files',
    'a\n-- old\nb\n',
    '@@ -1,3 +1,3 @@\n a\n--- old\n+++ new\n b\n',
    'a\n++ new\nb\n',
  ],
  [
    'a diff may give a file its last line end',
    'a\nb',
    '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n',
    'a\nb\n',
  ],
  [
    'a diff that says that there is none keeps it so',
    'a\nb',
    '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    'a\nc',
  ],
  ['an empty file gets its first lines', '', '@@ -0,0 +1,2 @@\n+a\n+b\n', 'a\nb\n'],
  [
    'a fence around the diff is no part of it',
    'foo bar\n',
    '```diff\n@@ -1 +1 @@\n-foo bar\n+foo baz\n```\n',
    'foo baz\n',
  ],
  [
    'blocks are found in any order',
    'one one\ntwo two\n',
    '<<<<<<< SEARCH\ntwo two\n=======\n2\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\none one\n=======\n1\n>>>>>>> REPLACE',
    '1\n2\n',
  ],
  [
    'a hunk keeps CRLF and whitespace of lines that stay',
    'one one  \r\ntwo\r\n',
    v4a('@@', ' one one', '-two', '+2', '+3'),
    'one one  \r\n2\r\n3\r\n',
  ],
  [
    'what a patch keeps and what it adds is not mixed up',
    'start one\n}\t\nend\n',
    v4a('@@', ' start one', '+}', ' }', ' end'),
    'start one\n}\n}\t\nend\n',
  ],
];

for (const [name, file, patch, expected] of applied)
  test(name, () => assert.equal(patched(file, patch), expected));

const refused: [string, string, string, RegExp][] = [
  [
    'line numbers decide nothing',
    'x();\ny();\nx();\ny();\n',
    '@@ -3,2 +3,2 @@\n x();\n-y();\n+Y();\n',
    /stands 2 times in a\.ts, at lines 1, 3/,
  ],
  [
    'a line after @@ that stands in both blocks',
    twoClasses,
    v4a('@@     def f(self):', '-        return 1', '+        return 2'),
    /stands 2 times/,
  ],
  [
    'a line after @@ that is not there',
    twoClasses,
    v4a('@@ class C:', '-        return 1', '+        return 2'),
    /"class C:", does not stand/,
  ],
  ['added lines without a place', 'foo\nbar\n', '@@\n+baz\n', /does not say where/],
  ['a line without a sign', 'foo\nbar\n', v4a('@@', 'foo', '-bar', '+baz'), /Line 4 of the patch/],
  [
    'another file',
    'x',
    v4a('@@', '-x', '+y').replace('a.ts', 'b.ts'),
    /The patch is for b\.ts, but this call is for a\.ts/,
  ],
  ['a file to add', 'x', '*** Begin Patch\n*** Add File: b.ts\n+x\n*** End Patch', /use write_file/],
  [
    'a file to delete',
    'x',
    '*** Begin Patch\n*** Delete File: a.ts\n*** End Patch',
    /use run_terminal_command/,
  ],
  ['a file that a diff creates', 'x', '--- /dev/null\n+++ b/a.ts\n@@ -0,0 +1 @@\n+x\n', /write_file/],
  ['a rename', 'x', 'diff --git a/a.ts b/b.ts\nrename from a.ts\nrename to b.ts\n', /renames/],
  ['a hunk that changes nothing', 'foo\nbar\n', v4a('@@', ' foo', ' bar'), /changes nothing/],
  ['no patch at all', 'x', 'Please change x to y.', /neither a V4A patch/],
  ['a block that is not closed', 'x', '<<<<<<< SEARCH\nx\n=======\ny\n', /not closed/],
  [
    'a block with two dividers',
    'x',
    '<<<<<<< SEARCH\nx\n=======\ny\n=======\n>>>>>>> REPLACE',
    /may be of a block or of the file/,
  ],
  [
    'two hunks over the same line',
    'one\ntwo\nthree\n',
    v4a('@@', ' one', '-two', '+2', '@@', '-two', '+zwei', ' three'),
    /overlap/,
  ],
  [
    'context that lost its sign and its place with it',
    '  one(alpha)\n  two(beta)\n',
    v4a('@@', '  one(alpha)', '+  mid()', '  two(beta)'),
    /not clear whether its new lines are indented/,
  ],
  ['a change that is there already', 'one\ntwo\nthree\n', v4a('@@', ' one', '+two', ' three'), /already/],
];

for (const [name, file, patch, message] of refused)
  test(`refused: ${name}`, () => {
    assert.throws(
      () => patched(file, patch),
      (cause) => cause instanceof EditRefusal && message.test(cause.message),
    );
  });
