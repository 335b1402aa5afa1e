import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyEdits, EditRefusal } from './apply.ts';
import { countLineChanges } from './line-changes.ts';

const source = 'const a = 1;\nconst b = 2;\nconst c = 3;\n';

function refusal(edits: { oldText: string; newText: string }[], text = source): string {
  try {
    applyEdits('src/a.js', text, edits);
  } catch (cause) {
    assert.ok(cause instanceof EditRefusal);
    return cause.message;
  }
  return assert.fail('the edit was applied');
}

test('several edits are looked up in the old text and applied together', () => {
  const edits = [
    { oldText: 'c = 3', newText: 'c = 4' },
    { oldText: 'a = 1', newText: 'a = "c = 3"' },
  ];
  assert.equal(applyEdits('a', source, edits), 'const a = "c = 3";\nconst b = 2;\nconst c = 4;\n');
});

test('a text that does not stand in the file is refused with the closest place and its line number', () => {
  const message = refusal([{ oldText: 'const  b = 3;', newText: 'x' }]);
  assert.match(message, /does not stand in src\/a\.js. Nothing was changed/);
  assert.match(message, / 2\tconst b = 2;/);
});

test('a text that stands twice is refused with all its lines', () => {
  assert.match(refusal([{ oldText: 'const ', newText: 'let ' }]), /3 times in src\/a\.js, at lines 1, 2, 3/);
});

test('overlapping, empty and idle edits are refused; nothing is half applied', () => {
  const overlap = [
    { oldText: 'const a = 1;\nconst', newText: 'x' },
    { oldText: 'const b = 2;', newText: 'y' },
  ];
  assert.match(refusal(overlap), /Edits 1 and 2 overlap/);
  assert.match(refusal([{ oldText: '', newText: 'y' }]), /oldText is empty/);
  assert.match(refusal([{ oldText: 'a', newText: 'a' }]), /are the same/);
});

test('CRLF line ends and a byte order mark survive an edit written with LF', () => {
  const before = '\uFEFFone\r\ntwo\r\nthree\r\n';
  const after = applyEdits('a', before, [{ oldText: 'one\ntwo', newText: '1\n2' }]);
  assert.equal(after, '\uFEFF1\r\n2\r\nthree\r\n');
});

test('replacing a unique text changes exactly that text, whatever stands in it', () => {
  const property = fc.property(
    fc.string(),
    fc.string(),
    fc.string({ minLength: 1 }),
    (head, tail, newText) => {
      const marker = '<<<unique>>>';
      fc.pre(!head.includes('\n') && !tail.includes('\n') && newText !== marker);
      fc.pre(!head.startsWith('\uFEFF'));
      assert.equal(
        applyEdits('a', head + marker + tail, [{ oldText: marker, newText }]),
        head + newText + tail,
      );
    },
  );
  fc.assert(property, { numRuns: 300, seed: 20 });
});

test('counted line changes turn the one text into the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { added, removed } = countLineChanges(before, after);
      const count = (value: string) => (value.match(/[^\n]*\n|[^\n]+$/g) ?? []).length;
      assert.equal(count(before) - removed + added, count(after));
      assert.equal(added + removed === 0, before === after);
    }),
    { seed: 20 },
  );
  assert.deepEqual(countLineChanges('a\nb\nc\n', 'a\nx\nc\nd\n'), { added: 2, removed: 1 });
});
