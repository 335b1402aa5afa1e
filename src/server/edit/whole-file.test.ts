import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inFormOf } from './whole-file.ts';

test('a whole new text keeps the line ends and the byte order mark that no model sees', () => {
  assert.equal(inFormOf('a\r\nb\r\n', 'a\nc\n'), 'a\r\nc\r\n');
  assert.equal(inFormOf('\uFEFFa\n', 'b\n'), '\uFEFFb\n');
  assert.equal(inFormOf('\uFEFFa\r\n', 'b\nc'), '\uFEFFb\r\nc');
});

test('what says it otherwise, or replaces nothing of one form, is written as it is', () => {
  for (const [before, content] of [
    [null, 'a\nb\n'],
    ['', 'a\n'],
    ['a\nb\n', 'a\r\nb\r\n'],
    ['a\r\nb\n', 'a\nb\n'],
    ['a\r\nb\r\n', 'a\r\nb\n'],
    ['one line', 'a\nb\n'],
    ['\uFEFFa\n', '\uFEFFb\n'],
  ] as const)
    assert.equal(inFormOf(before, content), content);
});
