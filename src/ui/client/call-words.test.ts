import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProposedCall } from '#protocol/review.ts';
import { titleOfReview } from '#ui/review/words.ts';
import { callOutcome, callTarget, callVerb, changesOf } from './call-words.ts';

test('a call says what became of it', () => {
  const call = { name: 'write_file', state: 'finished' as const };
  assert.equal(callVerb({ ...call, state: 'proposed' }), 'Write');
  assert.equal(callVerb({ ...call, state: 'running' }), 'Writing');
  assert.equal(callVerb({ ...call, status: 'ok' }), 'Wrote');
  assert.equal(callVerb({ ...call, status: 'rejected' }), 'Rejected: write');
  assert.equal(callVerb({ ...call, status: 'not_run' }), 'Not run: write');
  assert.equal(callVerb({ ...call, status: 'error' }), 'Write');
  assert.equal(callVerb({ ...call, name: 'load_skill', status: 'error' }), 'Load the skill');
  assert.equal(callVerb({ ...call, name: 'run_terminal_command', status: 'error' }), 'Ran');
});

test('a tool of an MCP server is named with its server', () => {
  assert.equal(callVerb({ name: 'mcp__docs__look_up', state: 'finished' }), 'Used docs: look up:');
  assert.equal(titleOfReview([{ name: 'mcp__docs__look_up' } as ProposedCall]), 'Use of docs: look up');
});

test('an outcome that nobody knows is not called a success', () => {
  assert.equal(callOutcome({ status: 'outcome_unknown' }), 'outcome unknown');
  assert.equal(callOutcome({ status: 'ok', exitCode: 1 }), 'exit 1');
  assert.equal(callOutcome({ status: 'ok', exitCode: 0 }), '');
});

test('the target of a command is its first line', () => {
  assert.equal(callTarget({ name: 'run_terminal_command', args: { command: ' ls\nrm x' } }), 'ls');
});

test('looking up what was left out says what of', () => {
  assert.equal(callTarget({ name: 'load_skill', args: { name: 'release' } }), 'release');
  assert.equal(callTarget({ name: 'recall', args: { from: 3 } }), 'earlier messages');
  assert.equal(callTarget({ name: 'read_output', args: { output: '0123abcd' } }), 'a long output');
});

test('without the diff of the file, the arguments tell the change', () => {
  assert.deepEqual(changesOf({ name: 'write_file', args: { content: 'a' } }), [{ before: '', after: 'a' }]);
  const edits = [{ oldText: 'a', newText: 'b' }, { oldText: 1 }, null];
  assert.deepEqual(changesOf({ name: 'edit_file', args: { edits } }), [{ before: 'a', after: 'b' }]);
});
