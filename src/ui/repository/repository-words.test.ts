import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { GitView } from '#protocol/workspace.ts';
import { pushWords, repositoryWords } from './repository-words.ts';

const view = (more: Partial<GitView>): GitView => ({
  ...{ repository: true, branch: 'main', ahead: 0, behind: 0, changed: 0, branches: ['main'], remotes: [] },
  ...more,
});

test('a repository says what is changed, and how far it is from its remote branch only where it is', () => {
  assert.equal(repositoryWords(view({})), 'nothing changed');
  assert.equal(repositoryWords(view({ changed: 2 })), '2 changed');
  assert.equal(repositoryWords(view({ changed: 1, ahead: 3, behind: 4 })), '1 changed · 3 ahead · 4 behind');
});

test('a push says what it brought where, or that nothing was new', () => {
  const pushed = {
    branch: 'main',
    commit: '0123456789abcdef0123456789abcdef01234567',
    repository: 'me/shop',
  };
  assert.equal(pushWords({ ...pushed, isNew: true }), 'Pushed main to me/shop, up to 0123456.');
  assert.equal(pushWords({ ...pushed, isNew: false }), 'All of main was in me/shop already.');
});
