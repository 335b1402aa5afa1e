import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkFile } from './chunk-file.ts';
import { createChunker } from './chunker.ts';

test('threads cut as this one does, several files at a time', async () => {
  const files = Array.from({ length: 12 }, (_, number) => ({
    path: number % 2 ? `a${number}.ts` : `a${number}.py`,
    text:
      number % 2 ? `export function f${number}() {\n  return 1;\n}\n` : `def f${number}():\n    return 1\n`,
  }));
  const chunker = createChunker();
  try {
    const cut = await Promise.all(files.map(({ path, text }) => chunker.chunk(path, text)));
    for (const [position, { path, text }] of files.entries())
      assert.deepEqual(cut[position], await chunkFile(path, text), path);
  } finally {
    await chunker.close();
  }
});

test('what is asked for while the threads end is cut by lines, not lost', async () => {
  const chunker = createChunker();
  const asked = chunker.chunk('a.ts', 'function f() {}\n');
  await chunker.close();
  const [chunk] = await asked;
  assert.equal(chunk?.kind, 'text');
  assert.match(chunk?.text ?? '', /function f/);
});
