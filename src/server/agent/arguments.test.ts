import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ArgumentError, canonicalText, checkArguments, checkArgumentText, hashText } from './arguments.ts';

const limits = { argumentBytes: 10_000, argumentDepth: 64 };

test('what is shown, stored and run is one text: canonical(shown) = canonical(stored) = canonical(run) (R10)', () => {
  const forbidden = new Set(['__proto__', 'constructor', 'prototype', 'lc']);
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value);
      fc.pre(![...forbidden].some((key) => text.includes(key)));
      const checked = checkArgumentText(text, limits);
      assert.deepEqual(JSON.parse(checked.text), JSON.parse(text));
      assert.equal(canonicalText(checked.value), checked.text);
      assert.equal(checkArgumentText(checked.text, limits).hash, checked.hash);
      assert.equal(checkArguments(JSON.parse(checked.text), limits).hash, hashText(checked.text));
    }),
  );
});

test('key order and spaces change nothing about the hash; a value does', () => {
  const hash = (text: string) => checkArgumentText(text, limits).hash;
  assert.equal(hash('{"a":1,"b":{"d":2,"c":3}}'), hash('{ "b": {"c":3,"d":2}, "a": 1 }'));
  assert.notEqual(hash('{"a":1}'), hash('{"a":"1"}'));
});

test('keys that change objects or revive classes are refused at every depth', () => {
  for (const key of ['__proto__', 'constructor', 'prototype', 'lc'])
    for (const text of [`{"${key}":1}`, `{"a":[{"b":{"${key}":1}}]}`])
      assert.throws(() => checkArgumentText(text, limits), ArgumentError, text);
});

test('broken, deep, large and non-object texts are refused with a sentence', () => {
  const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  assert.doesNotThrow(() => checkArgumentText(deep(63), limits));
  for (const text of [
    '{"a":',
    '[]',
    '"x"',
    'null',
    deep(65),
    `{"a":"${'x'.repeat(10_000)}"}`,
    '{"a":1e999}',
    '{"a":"\\ud83d"}',
    '{"\\ude00":1}',
  ])
    assert.throws(() => checkArgumentText(text, limits), ArgumentError, text.slice(0, 20));
  assert.deepEqual(checkArgumentText('', limits).value, {});
});
