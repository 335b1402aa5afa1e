import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseSettings } from '../lib/settings.js';

test('keys and values are trimmed, and only the first "=" divides', () => {
  const text = 'name = Ada\n# comment\nformula = a=b  # more\n\nempty =\n';
  assert.deepEqual(parseSettings(text), { name: 'Ada', formula: 'a=b', empty: '' });
});
