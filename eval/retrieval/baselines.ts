import { DatabaseSync } from 'node:sqlite';
import type { Chunk } from '#server/search/types.ts';
import type { Place } from './figures.ts';

/** Ways to search that need no more than what everybody has, on the same chunks. */
export interface Baseline {
  name: string;
  /** The best ten. */
  find(text: string): Place[];
}

/** Distinct words of a question of at least three letters, as somebody would give them to grep. */
function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[a-z0-9_]{3,}/g) ?? [])];
}

/** SQLite's own ranking (BM25) on the text as it is. */
export function plainFts(chunks: readonly Chunk[]): Baseline {
  const db = new DatabaseSync(':memory:');
  db.exec(`CREATE VIRTUAL TABLE chunk USING fts5(body, content='', tokenize='unicode61')`);
  const insert = db.prepare('INSERT INTO chunk(rowid, body) VALUES (?, ?)');
  db.exec('BEGIN');
  for (const [index, { path, text }] of chunks.entries()) insert.run(index, `${path}\n${text}`);
  db.exec('COMMIT');
  const query = db.prepare('SELECT rowid AS id FROM chunk WHERE chunk MATCH ? ORDER BY bm25(chunk) LIMIT 10');
  return {
    name: 'plain full text (BM25)',
    find(text) {
      const words = wordsOf(text).map((word) => `"${word}"`);
      if (!words.length) return [];
      return query.all(words.join(' OR ')).map(({ id }) => chunks[id as number] as Place);
    },
  };
}

/** Chunks with the most of the words in them, the shortest first: what a person does with grep. */
export function grepLike(chunks: readonly Chunk[]): Baseline {
  const lower = chunks.map(({ path, text }) => `${path}\n${text}`.toLowerCase());
  return {
    name: 'words as grep finds them',
    find(text) {
      const words = wordsOf(text);
      const scored = lower
        .map((body, index) => ({
          index,
          size: body.length,
          hits: words.filter((word) => body.includes(word)).length,
        }))
        .filter(({ hits }) => hits > 0);
      const best = scored.sort((one, other) => other.hits - one.hits || one.size - other.size).slice(0, 10);
      return best.map(({ index }) => chunks[index] as Place);
    },
  };
}
