import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodeIndexView } from '#protocol/code-index.ts';
import { codeIndexWords } from './code-index-words.ts';

const ready: CodeIndexView = {
  store: 'embedded',
  embeddingModel: null,
  state: 'ready',
  files: 1_240,
  done: 1_240,
  partial: [],
  problem: null,
};

test('a person is told how far the index is, what is missing, and why it failed', () => {
  const textOf = (view: Partial<CodeIndexView>) => codeIndexWords({ ...ready, ...view })?.text;
  assert.equal(textOf({}), 'Code search: 1,240 files');
  assert.equal(textOf({ state: 'indexing', done: 1_012 }), 'Reading the code: 1,012 of 1,240 files');
  assert.equal(
    textOf({ partial: ['3 files are beyond it.'] }),
    'Code search: 1,240 files. 3 files are beyond it.',
  );
  assert.equal(textOf({ state: 'failed', problem: 'find is not there.' }), 'Code search: find is not there.');
});

test('of a workspace without code, or that nobody has searched, nothing is said', () => {
  assert.equal(codeIndexWords({ ...ready, files: 0, done: 0 }), null);
  assert.equal(codeIndexWords({ ...ready, state: 'new' }), null);
});
