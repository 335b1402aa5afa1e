import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { askForUsage, BodyPatch } from './patch.ts';
import { scanTopLevel, stringAt, valueAt } from './top-level.ts';

test('every field of any JSON object is found where it stands', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(undefined, 1, '\t'),
      (object, space) => {
        const top = scanTopLevel(Buffer.from(JSON.stringify(object, null, space)));
        const expected = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        assert.deepEqual([...top.values.keys()].sort(), Object.keys(expected).sort());
        for (const [name, value] of Object.entries(expected)) assert.deepEqual(valueAt(top, name), value);
      },
    ),
  );
});

test('a patch changes its fields and no other byte', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.string(), (object, model) => {
      const top = scanTopLevel(Buffer.from(JSON.stringify(object)));
      const patched = JSON.parse(new BodyPatch(top).set('model', model).bytes().toString()) as object;
      assert.deepEqual(patched, { ...JSON.parse(JSON.stringify(object)), model });
    }),
  );
});

test('a field gets another name and keeps its value, wherever else the name stands', () => {
  const body = '{"m":"max_tokens","a":{"max_tokens":1},"max_tokens" : 5 ,"z":"\\"max_tokens\\":"}';
  const renamed = new BodyPatch(scanTopLevel(Buffer.from(body))).rename('max_tokens', 'newer').bytes();
  assert.equal(renamed.toString(), body.replace('"max_tokens" :', '"newer" :'));
  const escaped = Buffer.from('{"max_token\\u0073":5}');
  assert.equal(new BodyPatch(scanTopLevel(escaped)).rename('max_tokens', 'newer').bytes(), escaped);
});

for (const text of [
  '',
  '[]',
  '{"a":1',
  '{"a":1}}',
  '{"a":tru}',
  '{"a" 1}',
  '{a:1}',
  '{"a":"x}',
  '{"a":[}',
  '"a"',
  '{"a":01}',
])
  test(`what is no JSON object is refused: ${text}`, () => {
    assert.throws(() => scanTopLevel(Buffer.from(text)), { code: 'bad_json' });
  });

test('a field that is there twice is refused, however it is written', () => {
  assert.throws(() => scanTopLevel(Buffer.from('{"model":"a","mod\\u0065l":"b"}')), { code: 'bad_request' });
});

test('usage is asked for once, and the other options of a stream stay', () => {
  const body = '{"model":"m","stream_options":{"include_obfuscation":false},"stream":true}';
  const top = scanTopLevel(Buffer.from(body));
  const patch = new BodyPatch(top);
  assert.equal(askForUsage(patch, top), true);
  assert.deepEqual(JSON.parse(patch.bytes().toString()).stream_options, {
    include_obfuscation: false,
    include_usage: true,
  });
  const asked = scanTopLevel(Buffer.from('{"stream_options":{"include_usage":true}}'));
  assert.equal(askForUsage(new BodyPatch(asked), asked), false);
});

test('a string that is none is told apart', () => {
  assert.equal(stringAt(scanTopLevel(Buffer.from('{"model":5}')), 'model'), undefined);
});
