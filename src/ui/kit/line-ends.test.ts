import { test } from 'node:test';
import assert from 'node:assert/strict';
import { lineEndOf } from './line-ends.ts';

test('a text whose every line ends with CR LF is split there; any other keeps its CR signs', () => {
  assert.equal(lineEndOf('one\r\ntwo\r\n'), '\r\n');
  assert.equal(lineEndOf('one\ntwo\r\n'), '\n');
  assert.equal(lineEndOf('\none\r\n'), '\n');
  assert.equal(lineEndOf('one\rtwo'), '\n');
  assert.equal(lineEndOf(''), '\n');
});
