import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyChanges, applyEdits, EditRefusal, type Edit } from '../apply.ts';

/** What must hold for any file and any edit, also for those that make no sense. */
const runs = { numRuns: 400, seed: 20 };

const line = fc.oneof(
  fc.constantFrom(
    '',
    '}',
    '  }',
    'return value;',
    '  return value;',
    'const “a” = 1;',
    'const "a" = 1;',
    '\treturn value; ',
    '- it’s',
  ),
  fc.string({
    maxLength: 20,
    unit: fc.constantFrom('a', 'b', ' ', '\t', '"', '“', '-', '—', '\\', 'n', '1', ':', '{'),
  }),
);
const end = fc.constantFrom('\n', '\n', '\r\n');
const lines = fc.array(line, { minLength: 1, maxLength: 14 });
const file = fc
  .tuple(lines, fc.array(end, { minLength: 14, maxLength: 14 }), fc.boolean(), fc.boolean())
  .map(([all, ends, isOpen, hasMark]) => {
    const text = all
      .map((each, index) => each + (index === all.length - 1 && isOpen ? '' : (ends[index] ?? '\n')))
      .join('');
    return (hasMark ? '\uFEFF' : '') + text;
  });
/** Lines of the file, more or less as they are, and something in their place. */
const edit = fc.record({
  from: fc.nat(13),
  count: fc.integer({ min: 1, max: 5 }),
  damage: fc.constantFrom('none', 'shift', 'trim', 'plain', 'numbers', 'escapes', 'blank'),
  added: fc.array(line, { maxLength: 3 }),
});

function textsOf(
  text: string,
  { from, count, damage, added }: { from: number; count: number; damage: string; added: string[] },
): Edit {
  const all = text.replace('\uFEFF', '').split(/\r\n|\n/);
  const start = from % all.length;
  const quoted = all.slice(start, start + count);
  const changed = [...quoted.slice(0, 1), ...added, ...quoted.slice(2)];
  const damages: Record<string, (each: string, index: number) => string> = {
    shift: (each) => `  ${each}`,
    trim: (each) => each.trim(),
    plain: (each) => each.replaceAll(/[“”]/g, '"').replaceAll('—', '-').replaceAll('’', "'"),
    numbers: (each, index) => `${index + start + 1}\t${each}`,
  };
  const written = (each: string[]) => {
    const kept =
      damage === 'blank'
        ? each.filter((one) => one.trim() !== '')
        : each.map(damages[damage] ?? ((one) => one));
    return damage === 'escapes' ? JSON.stringify(kept.join('\n')).slice(1, -1) : kept.join('\n');
  };
  return { oldText: written(quoted), newText: written(changed) };
}

function outcome(text: string, edits: Edit[]): string | null {
  try {
    return applyEdits('a.ts', text, edits);
  } catch (cause) {
    assert.ok(cause instanceof EditRefusal, String(cause));
    return null;
  }
}

test('an edit is applied or refused with a reason, whatever is asked', () => {
  fc.assert(
    fc.property(
      file,
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      (text, oldText, newText) => {
        const result = outcome(text, [{ oldText, newText }]);
        assert.ok(result === null || result !== text);
      },
    ),
    runs,
  );
});

test('lines outside of the place keep every byte, and so do the byte order mark and the missing last line end', () => {
  fc.assert(
    fc.property(file, edit, (text, made) => {
      const { oldText, newText } = textsOf(text, made);
      const result = outcome(text, [{ oldText, newText }]);
      if (result === null) return;
      assert.equal(result.startsWith('\uFEFF'), text.startsWith('\uFEFF'));
      const touched = oldText.split(/\n|\\n/).length + 6;
      const linesOf = (each: string) => each.split(/(?<=\n)/);
      const [before, after] = [linesOf(text), linesOf(result)];
      let head = 0;
      while (head < before.length && before[head] === after[head]) head += 1;
      let tail = 0;
      while (tail < before.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
      assert.ok(before.length - head - tail <= touched, `${before.length - head - tail} lines changed`);
    }),
    runs,
  );
});

test('with a second place of the same kind in the file, nothing is written', () => {
  fc.assert(
    fc.property(file, edit, (text, made) => {
      const { oldText, newText } = textsOf(text, made);
      fc.pre(outcome(text, [{ oldText, newText }]) !== null && oldText.trim().length >= 8);
      const body = text.replace('\uFEFF', '').replaceAll('\r\n', '\n');
      const once = `${body}\nseparator of both\n`;
      const twice = once + once;
      assert.equal(outcome(twice, [{ oldText, newText }]), null);
    }),
    runs,
  );
});

test('the order of edits does not matter, and all of them or none are applied', () => {
  fc.assert(
    fc.property(file, edit, edit, (text, one, other) => {
      const edits = [textsOf(text, one), textsOf(text, other)];
      const result = outcome(text, edits);
      assert.equal(result, outcome(text, edits.toReversed()));
      if (result === null) return;
      for (const each of edits) assert.notEqual(outcome(text, [each]), null);
    }),
    runs,
  );
});

test('what was applied is refused the second time, or means the same again', () => {
  fc.assert(
    fc.property(file, edit, (text, made) => {
      const { oldText, newText } = textsOf(text, made);
      fc.pre(newText.includes(oldText));
      const result = outcome(text, [{ oldText, newText }]);
      if (result === null || applyChanges('a.ts', text, [{ oldText, newText }]).rungs[0] !== 'exact') return;
      assert.equal(outcome(result, [{ oldText, newText }]), null);
    }),
    runs,
  );
});

test('an exact and unique text is replaced to the letter wherever it stands', () => {
  const part = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '“', '}', '\t'), maxLength: 30 });
  fc.assert(
    fc.property(part, part, fc.string({ minLength: 1 }), (head, tail, newText) => {
      const oldText = '<<unique marker>>';
      fc.pre(!newText.includes(oldText));
      assert.equal(outcome(head + oldText + tail, [{ oldText, newText }]), head + newText + tail);
    }),
    runs,
  );
});
