import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, EditRefusal } from './apply.ts';
import { parsePatch } from './formats/parse-patch.ts';

/** Lines with their signs, joined by `|`. */
type Hunks = readonly string[];

const patches: Record<string, (hunks: Hunks) => string> = {
  'V4A patch': (hunks) =>
    [
      '*** Begin Patch',
      '*** Update File: a.py',
      ...hunks.flatMap((hunk) => ['@@', ...hunk.split('|')]),
      '*** End Patch',
    ].join('\n'),
  'unified diff': (hunks) =>
    hunks
      .map((hunk, index) => `@@ -${index * 2 + 1} +${index * 2 + 1} @@\n${hunk.replaceAll('|', '\n')}\n`)
      .join(''),
};

const outcome = (file: string, patch: string) => applyChanges('a.py', file, parsePatch('a.py', patch)).text;
const file = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';

const applied: [string, string, Hunks, string][] = [
  [
    'the lines between two changes are quoted by both hunks',
    file,
    [' one|-two|+2| three| four', ' three| four|-five|+5| six'],
    'one\n2\nthree\nfour\n5\nsix\nseven\n',
  ],
  [
    'only one of the lines between is quoted by both',
    file,
    ['-two|+2| three| four', ' four| five|-six'],
    'one\n2\nthree\nfour\nfive\nseven\n',
  ],
  [
    'three hunks in a row',
    file,
    [' one|-two|+2| three', ' three|-four|+4|+4a| five', ' five|-six| seven'],
    'one\n2\nthree\n4\n4a\nfive\nseven\n',
  ],
  [
    'lines are added before and after the one line that both quote',
    file,
    ['+new| four', ' four|+newer'],
    'one\ntwo\nthree\nnew\nfour\nnewer\nfive\nsix\nseven\n',
  ],
  [
    'lines are added right beside what the other changes',
    file,
    [' two|+new| three', ' three|-four|+4'],
    'one\ntwo\nnew\nthree\n4\nfive\nsix\nseven\n',
  ],
  [
    'at the start and the end of a file of one line',
    'one\n',
    ['+zero| one', ' one|+two'],
    'zero\none\ntwo\n',
  ],
  [
    'a line is added after the last, which has no line end',
    'one\ntwo\nthree',
    ['-one|+1| two| three', ' two| three|+four'],
    '1\ntwo\nthree\nfour',
  ],
  ['the last line goes, and had no line end', 'one\ntwo\nthree', ['-one| two', ' two|-three'], 'two'],
  [
    'CRLF',
    file.replaceAll('\n', '\r\n'),
    [' one|-two|+2| three', ' three|+new| four'],
    'one\r\n2\r\nthree\r\nnew\r\nfour\r\nfive\r\nsix\r\nseven\r\n',
  ],
  [
    'each line with a line end of its own',
    'one\r\ntwo\nthree\r\nfour\nfive\r\n',
    [' one|-two|+2| three', ' three|-four|+4| five'],
    'one\r\n2\nthree\r\n4\nfive\r\n',
  ],
  [
    'shared lines keep the whitespace that neither hunk quotes',
    'first()\nsecond() \n\t\nthird()\t\nfourth()\n',
    [' first()|-second()|+2()| | third()', ' | third()|-fourth()|+4()'],
    'first()\n2()\n\t\nthird()\t\n4()\n',
  ],
  [
    'both hunks are quoted in another indentation, and with a blank line less',
    '    first()\n    second()\n\n\n    third()\n    fourth()\n    fifth()\n    sixth()\n',
    [' first()|-second()|+2()| | | third()| fourth()', ' third()| fourth()|-fifth()|+5()| sixth()'],
    '    first()\n    2()\n\n\n    third()\n    fourth()\n    5()\n    sixth()\n',
  ],
  [
    'a blank line less within what both quote',
    'first()\nsecond()\nthird()\n\n\nfourth()\nfifth()\nsixth()\n',
    [' first()|-second()|+2()| third()| | fourth()', ' third()| | fourth()|-fifth()|+5()| sixth()'],
    'first()\n2()\nthird()\n\n\nfourth()\n5()\nsixth()\n',
  ],
];

const refused: [string, string, Hunks, RegExp][] = [
  [
    'a line that one removes is context of the next',
    file,
    [' one|-two|+2| three', ' two| three|-four|+4'],
    /overlap/,
  ],
  [
    'a line that the next removes is context of the one before',
    file,
    [' one|-two|+2| three| four', ' three|-four|+4| five'],
    /overlap/,
  ],
  ['both remove the same line', file, [' one|-two|+2| three', '-two| three|-four|+4'], /overlap/],
  [
    'a line is added within what the other replaces',
    file,
    [' one|-two|-three|+2| four', ' two|+new| three'],
    /overlap/,
  ],
  [
    'a line is added between lines that the other quotes as neighbours',
    file,
    [' two|+new| three| four', ' two| three| four|-five'],
    /overlap/,
  ],
  [
    'a line is added between such lines that is the same as the one before it',
    file,
    [' two|+two| three| four', ' two| three| four|-five'],
    /overlap/,
  ],
  [
    'in another indentation, a line that the next removes is context of the one before',
    '  first()\n  second()\n  third()\n  fourth()\n  fifth()\n',
    [' first()|-second()|+2()| third()| fourth()', ' third()|-fourth()|+4()| fifth()'],
    /overlap/,
  ],
  [
    'in another indentation, a line is added again that the next has as context',
    '  first()\n  second()\n  third()\n  fourth()\n',
    [' first()|+first()| second()', ' first()| second()| third()|-fourth()'],
    /overlap/,
  ],
  ['both add lines at the same place', file, [' two|+new| three', ' two|+newer| three'], /overlap/],
  [
    'both add lines at the same place, of which one quotes what is after it',
    file,
    [' two|+new| three', '+newer| three'],
    /overlap/,
  ],
  [
    'hunks that share lines and are not in the order of the file',
    file,
    [' three|-four|+4| five', ' one|-two|+2| three'],
    /overlap/,
  ],
  [
    'hunks that begin together and are not in the order of the file',
    file,
    [' one| two|+new', '+newer| one| two| three'],
    /overlap/,
  ],
  [
    'a hunk stands twice, once where it would share lines',
    'one\ntwo\nx\none\ntwo\nend\n',
    ['-one|+1| two', ' two|-end'],
    /stands 2 times/,
  ],
  [
    'both hunks stand twice, and only one way keeps them apart',
    'one\ntwo\nthree\nx\none\ntwo\nthree\n',
    ['-one|+1| two', ' two|-three|+3'],
    /stands 2 times/,
  ],
  [
    'a hunk stands twice, and is in order only where it shares lines',
    'one\ntwo\nfirst\none\ntwo\nthree\n',
    ['-first|+1| one', ' one|-two|+2'],
    /stands 2 times|overlap/,
  ],
  [
    'the first hunk says that the last shared line has a line end now',
    'one\ntwo',
    ['-one|\\ No newline at end of file|+1| two', ' two|+three'],
    /overlap/,
  ],
];

for (const [format, patch] of Object.entries(patches)) {
  for (const [name, before, hunks, expected] of applied)
    test(`${format}: ${name}`, () => assert.equal(outcome(before, patch(hunks)), expected));
  for (const [name, before, hunks, message] of refused)
    test(`${format}, refused: ${name}`, () => {
      assert.throws(
        () => outcome(before, patch(hunks)),
        (cause) => cause instanceof EditRefusal && message.test(cause.message),
      );
    });
}

test('a hunk that stands twice is decided by the order where its other place is on lines that change', () => {
  const diff = patches['unified diff'] ?? assert.fail();
  const removed = ['-one|+1| two', '-two|+2'];
  assert.equal(outcome('one\ntwo\nx\ntwo\n', diff(removed)), '1\ntwo\nx\n2\n');
  const quoted = [' one|-two|+2', ' two| x|-y'];
  assert.equal(outcome('one\ntwo\nx\ny\ntwo\nx\ny\n', diff(quoted)), 'one\n2\nx\ny\ntwo\nx\n');
});

test('refused: search and replace blocks that share lines do not say which of them stay', () => {
  const block = (search: string, replace: string) =>
    `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE\n`;
  const patch = block('one\ntwo\nthree', 'one\n2\nthree') + block('three\nfour', 'three\n4');
  assert.throws(() => outcome(file, patch), /overlap/);
});

test('shared lines need no other result than one hunk over all of them', () => {
  const apart = [' one|-two|+2| three', ' three|-four|+4| five'];
  const joined = [' one|-two|+2| three|-four|+4| five'];
  for (const patch of Object.values(patches))
    assert.equal(outcome(file, patch(apart)), outcome(file, patch(joined)));
});
