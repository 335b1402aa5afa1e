import assert from 'node:assert/strict';
import { readdirSync, rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeStoreContract } from '../../contract.ts';
import type { Chunk, EmbeddedFile } from '../../types.ts';
import { createEmbeddedStore } from './embedded-store.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'crosspoint-search-'));
const chunk: Chunk = {
  path: 'a.ts',
  language: null,
  kind: 'function',
  symbol: 'parseHeader',
  parent: '',
  signature: '',
  startLine: 1,
  endLine: 2,
  text: 'parseHeader()',
};
const file: EmbeddedFile = { path: 'a.ts', hash: 'one', chunks: [chunk] };

codeStoreContract('embedded store', () => {
  const folder = newFolder();
  return Promise.resolve({
    open: (space) => createEmbeddedStore({ folder, space }),
    [Symbol.asyncDispose]: () => Promise.resolve(rmSync(folder, { recursive: true })),
  });
});

test('an index that is damaged is replaced by an empty one, which is filled again', async () => {
  const folder = newFolder();
  const first = createEmbeddedStore({ folder });
  await first.workspace('w').put([file]);
  await first.close();
  for (const name of readdirSync(folder))
    writeFileSync(join(folder, name), 'no database at all'.repeat(1_000));
  const store = createEmbeddedStore({ folder });
  try {
    assert.equal((await store.workspace('w').files()).size, 0);
    await store.workspace('w').put([file]);
    assert.equal((await store.workspace('w').candidates({ text: 'header', limit: 5 })).found.length, 1);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test('a folder that cannot be used is an error that says so, each time', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'taken'), '');
  const store = createEmbeddedStore({ folder: join(folder, 'taken') });
  try {
    for (let time = 0; time < 2; time++)
      await assert.rejects(store.workspace('w').files(), { code: 'code_search_unavailable' });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test('with another model of vectors all files are to be put again, and are found by words until then', async () => {
  const folder = newFolder();
  const plain = createEmbeddedStore({ folder });
  await plain.workspace('w').put([file]);
  await plain.close();
  const store = createEmbeddedStore({ folder, space: { model: 'test/vectors', dimensions: 2 } });
  try {
    assert.equal((await store.workspace('w').files()).size, 0);
    assert.equal((await store.workspace('w').candidates({ text: 'header', limit: 5 })).found.length, 1);
    await store.workspace('w').put([{ ...file, vectors: [[1, 0]] }]);
    assert.equal((await store.workspace('w').files()).size, 1);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test('workspaces are files of their own, and go with them', async () => {
  const folder = newFolder();
  const store = createEmbeddedStore({ folder });
  try {
    for (let number = 0; number < 20; number++) await store.workspace(`w${number}`).put([file]);
    for (let number = 0; number < 20; number++) await store.removeWorkspace(`w${number}`);
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
