import { test } from 'node:test';
import assert from 'node:assert/strict';
import { changeKeyCommand, createKeyCommand } from '#protocol/key-commands.ts';
import * as v from 'valibot';
import { readChange, readKey } from './key-form.ts';

const now = new Date('2026-03-02T12:00:00Z');

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const read = (fields: Record<string, string>) => readKey(formOf(fields), now);

test('a key with nothing but a name may do everything, for ever, and keeps no bodies', () => {
  const key = read({ name: ' laptop ', models: '  ', expires: '', budgetUsd: '' });
  assert.deepEqual(key, {
    name: 'laptop',
    models: null,
    limits: {},
    budget: null,
    storeBodies: false,
    expiresAt: null,
  });
  assert.ok(v.is(createKeyCommand, key), 'the server takes it');
});

test('a key is limited as the form says', () => {
  const key = read({
    name: 'ci',
    models: 'openai/*,\n anthropic/claude-opus-5  openai/*',
    concurrency: '2',
    budgetUsd: '5',
    budgetPeriod: 'total',
    storeBodies: 'on',
    expires: '7',
  });
  assert.deepEqual(key, {
    name: 'ci',
    models: ['openai/*', 'anthropic/claude-opus-5'],
    limits: { concurrency: 2 },
    budget: { usd: 5, period: 'total' },
    storeBodies: true,
    expiresAt: '2026-03-09T12:00:00.000Z',
  });
  assert.ok(v.is(createKeyCommand, key), 'the server takes it');
  assert.equal(
    read({ name: 'x', expires: 'on', expiresOn: '2026-04-01' }).expiresAt,
    '2026-04-01T23:59:59.999Z',
  );
});

test('a key that is changed keeps its end where it is said to, and loses a limit that is emptied', () => {
  const change = (expires: string) => readChange(formOf({ name: 'ci', concurrency: '', expires }), now);
  assert.deepEqual(change('keep'), {
    name: 'ci',
    models: null,
    limits: {},
    budget: null,
    storeBodies: false,
  });
  assert.equal(change('').expiresAt, null);
  assert.ok(v.is(changeKeyCommand, change('keep')), 'the server takes it');
});
