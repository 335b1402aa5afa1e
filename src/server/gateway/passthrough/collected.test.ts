import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Collected } from './collected.ts';

const text = JSON.stringify({ choices: ['one', 'two', 'three'], usage: null });
const pieces = Array.from({ length: text.length }, (_, at) => Buffer.from(text.slice(at, at + 1)));

for (const announced of [0, text.length])
  test(`an answer in many pieces is put together byte for byte, announced: ${announced > 0}`, () => {
    const collected = new Collected(text.length, announced);
    assert.ok(pieces.every((piece) => collected.add(piece)));
    assert.equal(collected.bytes().toString(), text);
    assert.deepEqual([...collected.answer('Mock').values.keys()], ['choices', 'usage']);
  });

test('what an answer is put together of is not changed by it', () => {
  const collected = new Collected(100);
  const shared = Buffer.from('{"a":1,"b":2}');
  collected.add(shared.subarray(0, 7));
  collected.add(Buffer.from('"c":3}'));
  assert.equal(collected.bytes().toString(), '{"a":1,"c":3}');
  assert.equal(shared.toString(), '{"a":1,"b":2}');
});

test('an answer that is larger than is taken is refused: with its first piece where that is announced, else when it is there', () => {
  assert.equal(new Collected(10, 11).add(Buffer.from('{')), false);
  const collected = new Collected(10);
  assert.equal(collected.add(Buffer.alloc(10)), true);
  assert.equal(collected.add(Buffer.alloc(1)), false);
});

test('of a refusal that is too long the beginning is kept', () => {
  const collected = new Collected(10);
  assert.equal(collected.add(Buffer.from('0123456789abc')), false);
  assert.equal(collected.bytes().toString(), '0123456789');
});
