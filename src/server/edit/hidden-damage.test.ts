import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, EditRefusal, type Change } from './apply.ts';
import { parsePatch } from './formats/parse-patch.ts';

const v4a = (...hunks: string[]): Change[] => {
  const lines = hunks.flatMap((hunk) => ['@@', ...hunk.split('|')]);
  return parsePatch(
    'a.ts',
    ['*** Begin Patch', '*** Update File: a.ts', ...lines, '*** End Patch'].join('\n'),
  );
};
const blocks = (...pairs: [string, string][]): Change[] =>
  parsePatch(
    'a.ts',
    pairs
      .map(([search, replace]) => `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE`)
      .join('\n'),
  );
const edits = (...pairs: [string, string][]): Change[] =>
  pairs.map(([oldText, newText]) => ({ oldText, newText }));

const quotes = "const first = 'one';\nlet middle;\nconst last = call();\n";
const curly = ' const first = ‘one’;|-let middle;|+let center;';
const spaces = 'function first() {\n    if (ready) {\n        start();\n    }\n}\nfunction last() {\n}\n';
const tabs = spaces.replaceAll('    ', '\t');
const inTabs = ' function first() {| \tif (ready) {|-\t\tstart();|+\t\tstop();| \t}';
const inSpaces = inTabs.replaceAll('\t', '    ');
const list = 'import { one } from "./one.ts";\nrun(one);\nfirst();\nlast();\nlog("last");\n';

const refused: [string, string, Change[]][] = [
  ['quotes that the other was quoted with', quotes, v4a(curly, ' const last = call();|+use(‘two’);')],
  ['in the order of the patch before it', quotes, v4a(' const last = call();|+use(‘two’);', curly)],
  ['further typographic characters', quotes, v4a(curly, ' const last = call();|+use(a – b, “c”…);')],
  [
    'such quotes, which other lines of the file have',
    `${quotes}// it‘s as the author likes\n`,
    v4a(curly, ' const last = call();|+use(‘two’);'),
  ],
  [
    'such quotes, in a hunk that was found without its spaces at the end',
    quotes,
    v4a(curly, ' const last = call(); |+use(‘two’);'),
  ],
  [
    'plain quotes in a file that has none',
    'It’s the first of them.\nHere is the last of them.\n',
    edits(["It's the first", "It's not the first"], ['Here is the last', "Here's the last"]),
  ],
  [
    'such quotes, in blocks',
    quotes,
    blocks(['const first = ‘one’;', 'const first = ‘1’;'], ['let middle;', 'let middle = ‘two’;']),
  ],
  ['quotes within a line', quotes, edits(['first = ‘one’', 'first = ‘1’'], ['call()', 'call(‘two’)'])],
  [
    'further typographic characters than its own lines show',
    quotes,
    edits(['const first = ‘one’;', 'const first = ‘one’ + “two”;']),
  ],
  ['tabs below lines without indentation', spaces, v4a(inTabs, ' function last() {|+\tstop();')],
  ['spaces, where the file has tabs', tabs, v4a(inSpaces, ' function last() {|+    stop();')],
  [
    'another unit',
    spaces,
    v4a(inSpaces.replaceAll('    ', '  '), ' function last() {|+  while (true)|+    stop();'),
  ],
  ['tabs at the end of the file', spaces, v4a(inTabs, '+function added() {|+\tstop();|+}|*** End of File')],
  [
    'tabs below a comment of one space',
    `${spaces}/**\n * Text.\n */\n`,
    v4a(inTabs, '  * Text.|  */|+function added() {|+\tstop();|+}'),
  ],
  [
    'escapes in a string',
    list,
    edits(['from \\"./one.ts\\";', 'from \\"./two.ts\\";'], ['last();', 'last(\\"two\\");']),
  ],
];

for (const [name, file, changes] of refused)
  test(`refused, as another was quoted with damage: ${name}`, () => {
    assert.throws(
      () => applyChanges('a.ts', file, changes),
      (cause) => cause instanceof EditRefusal && /does not show whether its new lines/.test(cause.message),
    );
  });

const center = quotes.replace('middle', 'center');
const stopped = (text: string) => text.replace('start', 'stop');

const applied: [string, string, Change[], string][] = [
  [
    'the new lines have nothing of the kind',
    quotes,
    v4a(curly, ' const last = call();|+use("two");'),
    `${center}use("two");\n`,
  ],
  [
    'the lines that it quotes have the same characters',
    quotes.replace('call()', 'call(‘x’)'),
    v4a(curly, ' const last = call(‘x’);|+use(‘two’);'),
    `${center.replace('call()', 'call(‘x’)')}use(‘two’);\n`,
  ],
  [
    'the file has further typographic characters elsewhere',
    `${quotes}wait('…');\n`,
    v4a(curly, ' const last = call();|+use("…");', " wait('…');|+end();"),
    `${center}use("…");\nwait('…');\nend();\n`,
  ],
  [
    'all hunks are quoted as the file is, and one brings curly quotes',
    quotes,
    v4a(" const first = 'one';|-let middle;|+let center;", ' const last = call();|+use("‘two’");'),
    `${center}use("‘two’");\n`,
  ],
  [
    'plain quotes that the file has elsewhere',
    "// It’s the first\nfirst();\nlast();\nuse('x');\n",
    v4a(" // It's the first|-first();|+start();", " last();|+use('y');"),
    "// It’s the first\nstart();\nlast();\nuse('y');\nuse('x');\n",
  ],
  [
    'its own quotes are those of the file again',
    quotes,
    edits(['const first = ‘one’;', 'const first = ‘1’;'], ['call()', 'call(2)']),
    "const first = '1';\nlet middle;\nconst last = call(2);\n",
  ],
  [
    'letters of the other normal form',
    'cafe\u0301 is the first\nhere is the last\n',
    edits(['café is the first', 'café is first'], ['the last', 'the café']),
    'cafe\u0301 is first\nhere is the café\n',
  ],
  [
    'new lines without indentation',
    spaces,
    v4a(inTabs, ' function last() {| }|+last();'),
    `${stopped(spaces)}last();\n`,
  ],
  [
    'new lines in the indentation of the file',
    spaces,
    v4a(inTabs, ' function last() {|+    stop();'),
    stopped(spaces).replace('last() {\n', 'last() {\n    stop();\n'),
  ],
  [
    'the lines that it quotes show that they are as the file is',
    `${spaces}function more() {\n    wait();\n}\n`,
    v4a(inTabs, ' function more() {|     wait();|+\tstop();'),
    `${stopped(spaces)}function more() {\n    wait();\n\tstop();\n}\n`,
  ],
  [
    'the other one is shifted as a whole',
    spaces,
    v4a(' if (ready) {|-    start();|+    stop();| }', ' function last() {|+    stop();'),
    stopped(spaces).replace('last() {\n', 'last() {\n    stop();\n'),
  ],
  [
    'what it quotes is not escaped, and would have been',
    list,
    edits(['from \\"./one.ts\\";', 'from \\"./two.ts\\";'], ['log("last");', 'log("\\"last\\"");']),
    list.replace('./one', './two').replace('"last"', '"\\"last\\""'),
  ],
  [
    'what it quotes has plain quotes, and it brings other characters',
    quotes.replace('call()', "call('x')"),
    v4a(curly, " const last = call('x');|+use('…');"),
    `${center.replace('call()', "call('x')")}use('…');\n`,
  ],
  [
    'no escapes in the new lines',
    list,
    edits(['from \\"./one.ts\\";', 'from \\"./two.ts\\";'], ['last();', 'last(2);']),
    list.replace('./one', './two').replace('last()', 'last(2)'),
  ],
];

for (const [name, file, changes, expected] of applied)
  test(`applied, though another was quoted with damage: ${name}`, () => {
    assert.equal(applyChanges('a.ts', file, changes).text, expected);
  });
