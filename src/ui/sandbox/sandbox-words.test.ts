import { test } from 'node:test';
import assert from 'node:assert/strict';
import { networkWords, sandboxName, stateWords } from './sandbox-words.ts';

test('a sandbox says where it runs, how it is and whom it reaches', () => {
  assert.equal(sandboxName('local'), 'this machine');
  assert.match(stateWords('gone'), /^lost/);
  assert.deepEqual(
    [networkWords('all'), networkWords([]), networkWords(['npmjs.org', 'github.com'])],
    ['open', 'none', 'npmjs.org, github.com'],
  );
});
