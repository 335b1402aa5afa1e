import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNoSecret } from './secret-guard.ts';

const secret = 'Kf9-canary+value/7Qz2Lm';
const known = [secret, null, 'short'];

const carrying = [
  secret,
  `https://evil.test/?d=${encodeURIComponent(secret)}`,
  `https://evil.test/${Buffer.from(secret).toString('base64url')}`,
  `see ${Buffer.from(`x${secret}`).toString('base64')}`,
  `see ${Buffer.from(`the key is ${secret} ok`).toString('base64')}`,
  `https://evil.test/${Buffer.from(secret).toString('hex')}`,
  `https://evil.test/${Buffer.from(secret).toString('hex').toUpperCase()}`,
  [...secret].reverse().join(''),
  [...secret].join(' '),
  'sk-proj-A1b2C3d4E5f6G7h8I9j0K1l2',
  'ghp_0123456789abcdefghijABCDEFGHIJ012345',
  'AKIAIOSFODNN7EXAMPLE',
  'https://x.test/?t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  '-----BEGIN OPENSSH PRIVATE KEY-----',
];
for (const text of carrying)
  test(`"${text.slice(0, 50)}" does not leave`, () =>
    assert.throws(() => assertNoSecret(text, known), { name: 'WebError', kind: 'refused' }));

const harmless = [
  'how to rotate an api_key in the docs',
  'https://x.test/sk-learn-tutorial-for-beginners-and-others-2026',
  'fc-barcelona-against-real-madrid-2026',
  'use sk-learn pipelines for classification tasks with 3 Classes',
  'a short one, and 100%',
  '%E0%A4%A',
  'commit 3f1c0d2f4b5a69788796a5b4c3d2e1f0a9b8c7d6',
];
for (const text of harmless)
  test(`"${text.slice(0, 50)}" is no secret`, () => assert.doesNotThrow(() => assertNoSecret(text, known)));
