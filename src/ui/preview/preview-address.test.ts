import { test } from 'node:test';
import assert from 'node:assert/strict';
import { canBeFramed, previewAddress } from './preview-address.ts';

const base = 'http://0123.localhost:3210/';

test('what is typed leads to a page of the preview, and never to another host', () => {
  assert.equal(previewAddress(base, '/about?x=1#top'), `${base}about?x=1#top`);
  assert.equal(previewAddress(base, 'about'), `${base}about`);
  assert.equal(previewAddress(base, ''), base);
  for (const path of [
    '//elsewhere.example',
    'https://elsewhere.example/',
    'javascript:alert(1)',
    '/\\x.example',
    'http://[',
  ])
    assert.equal(previewAddress(base, path), base, path);
});

test('only what the policy of the page allows is framed', () => {
  assert.equal(canBeFramed(base), true);
  assert.equal(canBeFramed('https://0123.preview.example.com/'), false);
  assert.equal(canBeFramed('http://localhost.example/'), false);
});
