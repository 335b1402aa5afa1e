import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanSchema } from './clean-schema.ts';

const cleaned = (schema: unknown) => {
  const result = cleanSchema(schema);
  assert.ok('parameters' in result, 'problem' in result ? result.problem : '');
  return result.parameters;
};

test('what every provider takes stays; what some refuse goes', () => {
  assert.deepEqual(
    cleaned({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'x',
      title: 'Search',
      type: 'object',
      additionalProperties: false,
      properties: {
        query: {
          type: 'string',
          description: 'Words',
          format: 'uri',
          pattern: '^(?!x)',
          minLength: 1,
          default: 'a',
        },
        kind: { const: 'one' },
        many: { type: ['array', 'null'], items: { type: 'string', enum: ['a', 'b'] }, uniqueItems: true },
        any: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      },
      required: ['query', 'gone'],
      oneOf: [{ required: ['query'] }],
    }),
    {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'Words', minLength: 1 },
        kind: { enum: ['one'] },
        many: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
        any: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      },
      required: ['query'],
    },
  );
});

test('references within the schema are put in place, parts of an allOf together, and one that holds itself ends', () => {
  const tree = cleaned({
    type: 'object',
    $defs: {
      node: { type: 'object', properties: { child: { $ref: '#/$defs/node' }, name: { type: 'string' } } },
    },
    properties: {
      root: { $ref: '#/$defs/node', description: 'The root' },
      far: { $ref: 'https://x.test/s.json' },
    },
    allOf: [{ properties: { a: { type: 'string' } }, required: ['a'] }],
  });
  const text = JSON.stringify(tree);
  assert.ok(text.length < 10_000);
  assert.ok(!text.includes('$ref'));
  assert.match(
    text,
    /"root":\{"type":"object","description":"The root","properties":\{"child":\{"type":"object"/,
  );
  assert.deepEqual((tree as { required: string[] }).required, ['a']);
});

test('a schema that no model can be told of says why', () => {
  const problemOf = (schema: unknown) => {
    const result = cleanSchema(schema);
    return 'problem' in result ? result.problem : '';
  };
  assert.match(problemOf(undefined), /no schema/);
  assert.match(problemOf({ type: 'object', properties: { 'a b': {} } }), /no model can send an argument/);
  const wide = Object.fromEntries(
    Array.from({ length: 2_000 }, (_none, at) => [`p${at}`, { type: 'string' }]),
  );
  assert.match(problemOf({ type: 'object', properties: wide }), /too large/);
  let deep: Record<string, unknown> = { type: 'string' };
  for (let level = 0; level < 5_000; level += 1) deep = { type: 'object', properties: { x: deep } };
  assert.equal(problemOf(deep), '');
  assert.deepEqual(cleanSchema({}), { parameters: { type: 'object', properties: {} } });
  assert.match(problemOf(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}')), /__proto__/);
});
