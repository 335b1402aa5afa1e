import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ToolNames } from './client-tools.ts';
import { FreeInput, freeArguments, freeInput } from './free-input.ts';

function pieces(text: string, lengths: readonly number[]): string[] {
  const cut: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    cut.push(text.slice(at, at + length));
    at += length;
  }
  return cut;
}

/** As models write it: whatever they like is escaped, also every character. */
function escapedFully(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) =>
    text.charCodeAt(at).toString(16).padStart(4, '0'),
  );
  return `{ "input" : "${units.map((unit) => `\\u${unit}`).join('')}" }`;
}

test('a text comes out of its arguments as it went in, however they are cut and escaped, and never half a pair', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      lengths,
      fc.boolean(),
      (text, cuts, escaped) => {
        const args = escaped ? escapedFully(text) : freeArguments(text);
        const input = new FreeInput();
        const deltas = [...pieces(args, cuts).map((piece) => input.push(piece)), input.end()];
        assert.ok(deltas.every((delta) => delta.isWellFormed()));
        assert.equal(deltas.join(''), text);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('what a model writes in another shape is not lost', () => {
  assert.equal(freeInput('{"patch":"*** Begin Patch"}'), '*** Begin Patch');
  assert.equal(freeInput('{"why":"so","input":"text"}'), 'text');
  assert.equal(freeInput('{"input":["a"]}'), '{"input":["a"]}');
  assert.equal(freeInput('*** Begin Patch'), '*** Begin Patch');
  assert.equal(freeInput('{}'), '');
  assert.equal(freeInput('{"input":"a\\d+ \\u00e4 line\nnext"}'), 'a\\d+ ä line\nnext');
});

test('each tool has one name that every wire takes, and no two have the same', () => {
  const part = fc.stringMatching(/^[a-z_.]{1,40}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(part, part), { selector: ([space, name]) => `${space} ${name}` }),
      (tools) => {
        const names = new ToolNames();
        names.add({ name: 'a__b' });
        const flat = tools.map(([namespace, name]) => names.add({ namespace, name }));
        assert.equal(new Set(['a__b', ...flat]).size, tools.length + 1);
        for (const [at, name] of flat.entries()) {
          assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
          assert.deepEqual(names.tools.get(name), { namespace: tools[at]?.[0], name: tools[at]?.[1] });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a namespace that ends in lines is joined to its tool as programs know it', () => {
  const names = new ToolNames();
  assert.equal(names.add({ namespace: 'mcp__docs__', name: 'search' }), 'mcp__docs__search');
  assert.equal(names.add({ namespace: 'mcp__docs', name: 'search' }), names.of('search', 'mcp__docs'));
  assert.notEqual(names.of('search', 'mcp__docs'), 'mcp__docs__search');
});
