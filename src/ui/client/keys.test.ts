import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyLabel, keyTable, matches } from './keys.ts';

const none = { code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };

test('a binding matches exactly its keys, Ctrl and Command alike', () => {
  assert.ok(matches({ ...none, key: 'Enter', ctrlKey: true }, 'Mod+Enter'));
  assert.ok(matches({ ...none, key: 'Enter', metaKey: true }, 'Mod+Enter'));
  assert.ok(!matches({ ...none, key: 'Enter' }, 'Mod+Enter'));
  assert.ok(!matches({ ...none, key: 'Enter', shiftKey: true }, 'Enter'));
  assert.ok(!matches({ ...none, key: 'e', ctrlKey: true }, 'E'));
  assert.ok(matches({ ...none, key: 'O', ctrlKey: true, shiftKey: true }, 'Mod+Shift+O'));
});

test('a sign that needs Shift on some keyboards is still the sign', () => {
  assert.ok(matches({ ...none, key: '/', ctrlKey: true, shiftKey: true }, 'Mod+/'));
});

test('a letter with Option is the letter on a Mac, where it writes another sign', () => {
  assert.ok(matches({ ...none, key: 'ƒ', code: 'KeyF', altKey: true }, 'Alt+F'));
  assert.ok(!matches({ ...none, key: 'ƒ', code: 'KeyF', altKey: true, ctrlKey: true }, 'Alt+F'));
});

test('no two lines of the table mean the same keys', () => {
  const keys = keyTable.map((line) => line.keys);
  assert.equal(new Set(keys).size, keys.length);
});

test('keys are named as the keyboard has them', () => {
  assert.equal(keyLabel('Mod+Shift+O', false), 'Ctrl+Shift+O');
  assert.equal(keyLabel('Mod+Enter', true), '⌘↵');
});
