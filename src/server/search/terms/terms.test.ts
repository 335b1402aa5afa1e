import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { termsOf } from './fields.ts';
import { stem } from './porter.ts';
import { queryTerms } from './query.ts';
import { joinedNamesOf, wordsOf } from './words.ts';

test("words are stemmed as SQLite's own Porter stemmer does it", () => {
  const all = globSync('docs/*.md').flatMap(
    (path) =>
      readFileSync(path, 'utf8')
        .toLowerCase()
        .match(/[a-z]+/g) ?? [],
  );
  const words = [...new Set(all)];
  assert.ok(words.length > 1_500);
  const database = new DatabaseSync(':memory:');
  database.exec(`create virtual table texts using fts5 (text, tokenize = 'porter ascii');
    create virtual table stems using fts5vocab (texts, 'instance')`);
  const insert = database.prepare('insert into texts (rowid, text) values (?, ?)');
  for (const [row, word] of words.entries()) insert.run(row + 1, word);
  for (const { term, doc } of database.prepare('select term, doc from stems').all()) {
    const word = words[(doc as number) - 1] as string;
    assert.equal(stem(word), term, word);
  }
  database.close();
});

test('names are split where a person sees a border, in every script', () => {
  assert.deepEqual(wordsOf('parseHTTPHeader_v2'), ['parse', 'http', 'header', 'v', '2']);
  assert.deepEqual(wordsOf('XMLHttpRequest MAX_SIZE'), ['xml', 'http', 'request', 'max', 'size']);
  assert.deepEqual(wordsOf('zähleÄpfel 名前'), ['zähle', 'äpfel', '名前']);
  assert.deepEqual(joinedNamesOf('getWorldQuaternion plain snake_case'), ['getworldquaternion', 'snakecase']);
  assert.deepEqual(wordsOf('x'.repeat(100)), []);
});

test('terms hold no sign that a query language could take for its own', () => {
  for (const term of termsOf(`"a" OR b* NEAR(c) - col:d \u0000 'e' {f} ^g 🙂`))
    assert.match(term, /^[\p{L}\p{N}\p{M}]+$/u);
});

test('a question is asked in its own words, without those that say nothing, unless it has no others', () => {
  assert.deepEqual(queryTerms('How does the server parse the headers of a request?'), [
    'server',
    'pars',
    'header',
    'request',
  ]);
  assert.deepEqual(queryTerms('this'), ['thi']);
  assert.deepEqual(queryTerms(' ?! '), []);
  assert.equal(queryTerms(Array.from({ length: 500 }, (_, number) => `word${number}x`).join(' ')).length, 32);
});
