import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countHidden, countHiddenWithin, revealHidden } from './hidden-characters.ts';

test('a direction mark in a command is shown by its code point', () => {
  assert.deepEqual(revealHidden('ls \u202ergs'), [
    { text: 'ls ', hidden: false },
    { text: 'U+202E', hidden: true },
    { text: 'rgs', hidden: false },
  ]);
});

test('what a shell or a compiler could see and a person cannot is counted', () => {
  const each = [
    '\u0000',
    '\u001b',
    '\r',
    '\u00a0',
    '\u00ad',
    '\u200b',
    '\u2066',
    '\ufeff',
    '\u{e0041}',
    '\u3164',
  ];
  for (const character of each) assert.equal(countHidden(`a${character}b`), 1, escape(character));
});

test('ordinary text in any script is left as it is', () => {
  const text = 'const größe = "日本語";\n\tif (x) { /* Ελληνικά, עברית */ }\n';
  assert.equal(countHidden(text), 0);
  assert.deepEqual(revealHidden(text), [{ text, hidden: false }]);
});

test('arguments are looked through to the bottom, names included', () => {
  assert.equal(
    countHiddenWithin({ edits: [{ oldText: 'a', newText: 'b\u200b' }], 'na\u200bme': 1, none: null }),
    2,
  );
});

test('the line ends of Windows alarm nobody in a file; within a line and in a command a carriage return does', () => {
  assert.equal(countHiddenWithin({ content: 'a\r\nb\r\n' }, true), 0);
  assert.equal(countHiddenWithin({ content: 'a\rb\r\n' }, true), 1);
  assert.equal(countHiddenWithin({ command: 'ls\r\n' }), 1);
});
