import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from '#server/config.ts';
import { catalogue } from '../catalogue/index.ts';
import { statusOf } from '../status.ts';
import { providersOf } from './index.ts';

const root = new URL('../../../../', import.meta.url);
const config = readConfig({});
const providers = providersOf(config);

test('every provider is one file and one line in the index, with an id and a rank of its own', () => {
  const index = readFileSync(new URL('index.ts', import.meta.url), 'utf8');
  for (const { id } of providers) assert.match(index, new RegExp(`from './${id}(/index)?\\.ts'`), id);
  assert.equal(new Set(providers.map(({ id }) => id)).size, providers.length);
  assert.equal(new Set(providers.map(({ rank }) => rank)).size, providers.length);
});

test('a default model is in the catalogue, in use, able to call tools, and not known second-hand', () => {
  for (const { id, defaultModel } of providers.filter((provider) => provider.defaultModel)) {
    const facts = catalogue.find(({ provider, model }) => provider === id && model === defaultModel);
    assert.ok(facts, `${id}/${defaultModel}`);
    assert.equal(statusOf(facts, Date.parse('2026-11-25')), 'active');
    assert.deepEqual([facts.capabilities.tools, facts.approximate], [true, undefined]);
  }
});

test('whoever cannot be used says which variable mends it', () => {
  for (const provider of providers.filter(({ kind }) => kind !== 'demo'))
    assert.match(provider.unavailableReason(config), new RegExp(`${provider.variable}`), provider.id);
});

test('the guide to adding a provider names files that exist', () => {
  const guide = readFileSync(new URL('docs/adding-a-provider.md', root), 'utf8');
  const paths = [...guide.matchAll(/`(src\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
  assert.ok(paths.length >= 4);
  for (const path of paths) assert.ok(existsSync(new URL(path, root)), path);
});
