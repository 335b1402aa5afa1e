import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editableText, editBetween, editedArguments } from './edited-arguments.ts';

const diff = (before: string, after: string) => ({
  path: 'a.js',
  before,
  after,
  added: 1,
  removed: 1,
  isNew: false,
});

test('an edited edit is one exact replacement that gives what the person wrote', () => {
  const line = fc.constantFrom('', 'a', 'b', '  return x;', '}');
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const edit = editBetween(before, after);
      if (edit === null) return assert.equal(before, after);
      // An empty text has no place to replace; then the whole file is the edit.
      if (edit.oldText === '') return assert.equal(before, '');
      assert.equal(before.split(edit.oldText).length, 2, 'occurs exactly once');
      assert.equal(
        before.replace(edit.oldText, () => edit.newText),
        after,
      );
    }),
    { numRuns: 500 },
  );
});

test('a change in one of two equal places keeps enough context to be found', () => {
  const before = ['x', 'same', 'y', 'z', 'w', 'v', 'x', 'same', 'y', 'z', 'w', 'v'].join('\n');
  const after = before.replace(/same(?!.*same)/s, 'other');
  const edit = editBetween(before, after);
  assert.ok(edit);
  assert.equal(before.split(edit.oldText).length, 2);
});

test('an unchanged text is no edit', () => {
  const call = { name: 'run_terminal_command', args: { command: 'ls', cwd: 'src' } };
  assert.equal(editedArguments(call, editableText(call)), null);
});

test('an edited command keeps its other arguments', () => {
  const call = { name: 'run_terminal_command', args: { command: 'ls', cwd: 'src' } };
  assert.deepEqual(editedArguments(call, 'ls -l'), { command: 'ls -l', cwd: 'src' });
});

test('a person edits the file as it would be, whatever form the model chose', () => {
  const call = { name: 'edit_file', args: { path: 'a.js', patch: '…' }, diff: diff('a\nb\n', 'a\nc\n') };
  assert.equal(editableText(call), 'a\nc\n');
  assert.deepEqual(editedArguments(call, 'a\nd\n'), {
    path: 'a.js',
    edits: [{ oldText: 'a\nb\n', newText: 'a\nd\n' }],
  });
});

test('arguments of an unknown tool are edited as JSON, and must stay an object', () => {
  const call = { name: 'open_door', args: { number: 1 } };
  assert.deepEqual(editedArguments(call, '{"number": 2}'), { number: 2 });
  assert.throws(() => editedArguments(call, '[1]'), SyntaxError);
  assert.throws(() => editedArguments(call, '{'), SyntaxError);
});
