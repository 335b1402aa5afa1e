import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createEmbeddedStore } from '#server/search/stores/embedded/embedded-store.ts';
import { figuresOf, rankOf, shown } from '../eval/retrieval/figures.ts';
import { prepare, sample } from '../eval/retrieval/questions.ts';
import { best, fill } from '../eval/retrieval/retrieval.ts';

/** Of `npm run eval -- retrieval` what runs in seconds and without the network: this project's own dependency. */
test('functions of Svelte are found by what their documentation said', async () => {
  const root = join(import.meta.dirname, '../node_modules/svelte');
  const files = globSync('src/**/*.js', { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const prepared = await prepare(files);
  const questions = sample(prepared.questions, 150);
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-retrieval-'));
  const store = createEmbeddedStore({ folder });
  try {
    const index = store.workspace('svelte');
    await fill(index, prepared.files);
    const ranks: (number | null)[] = [];
    for (const question of questions) ranks.push(rankOf(question, await best(index, question.text)));
    const figures = figuresOf(ranks);
    assert.equal(ranks.length, 150);
    assert.ok(figures.mrr >= 0.65 && figures.recall >= 0.82, `MRR@10 / recall@10: ${shown(figures)}`);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
