import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinedTerms, termsOf } from '../terms/fields.ts';
import { queryTerms } from '../terms/query.ts';
import type { Candidate, Candidates } from '../types.ts';
import { rank } from './rank.ts';
import { areRelated } from './related-words.ts';

interface Given extends Partial<Candidate> {
  text?: string;
}

/** With equal scores of the store, unless they say otherwise. */
function candidates(question: string, given: readonly Given[]): Candidates {
  const found = given.map(({ text = 'return value', ...changes }) => ({
    ...{ path: 'src/a.ts', language: 'typescript', kind: 'function' as const, symbol: 'f', parent: '' },
    ...{ startLine: 1, endLine: 5, hash: 'h', signature: '', score: 5, terms: joinedTerms(termsOf(text)) },
    ...changes,
  }));
  return { found, rarity: new Map(queryTerms(question).map((term) => [term, 4])) };
}

function firstOf(question: string, ...given: Given[]): string {
  const [best] = rank(question, candidates(question, given), 10);
  return best?.symbol ?? '';
}

test('what is named in other words stands before what only mentions the words', () => {
  const mention = { symbol: 'handleAll', text: 'removes the directory of a workspace' };
  assert.equal(
    firstOf('Deletes the folder of a workspace', mention, { symbol: 'removeWorkspaceDir' }),
    'removeWorkspaceDir',
  );
});

test('a name that says more than was asked for stands behind the one that says just that', () => {
  const long = { symbol: 'parseHeaderOfOldServersWithCookies' };
  assert.equal(firstOf('Parse a header', long, { symbol: 'parseHeader' }), 'parseHeader');
});

test('code stands before its tests', () => {
  const inTest = { symbol: 'loadConfig', path: 'test/a.ts' };
  const [best] = rank('load config', candidates('load config', [inTest, { symbol: 'loadConfig' }]), 1);
  assert.equal(best?.path, 'src/a.ts');
});

test('functions are preferred, unless a type is asked for', () => {
  const both: Given[] = [
    { symbol: 'Session', kind: 'type' },
    { symbol: 'session', kind: 'function' },
  ];
  assert.equal(firstOf('what a session holds', ...both), 'session');
  const [one, other] = rank('type of a session', candidates('type of a session', both), 2);
  assert.deepEqual([one?.symbol, other?.symbol], ['Session', 'session'], 'the order of the store is kept');
});

test('the same candidates always come in the same order, all of them, each once, and no more than the limit', () => {
  const question = 'find the nearest point';
  const given = Array.from({ length: 50 }, (_, number) => ({
    symbol: `point${number % 7}`,
    startLine: number + 1,
  }));
  const all = rank(question, candidates(question, given), 100);
  assert.deepEqual(rank(question, candidates(question, given), 100), all);
  assert.equal(new Set(all.map(({ startLine }) => startLine)).size, 50);
  assert.deepEqual(rank(question, candidates(question, given), 7), all.slice(0, 7));
  assert.deepEqual(rank(question, { found: [], rarity: new Map() }, 10), []);
});

test('nothing that a name or a question may hold breaks the ranking', () => {
  for (const odd of ['', '🙂', '\u0000', 'constructor', '__proto__', 'a'.repeat(5_000), '{}()[]*+?']) {
    const given = [
      { symbol: odd, parent: odd, path: odd, signature: odd, text: odd, score: 0 },
      { symbol: 'f' },
    ];
    assert.equal(rank(odd, candidates(odd, given), 10).length, 2, odd.slice(0, 20));
  }
});

test('abbreviations and synonyms stand for one another, unrelated words do not', () => {
  for (const [one, other] of [
    ['argument', 'param'],
    ['configur', 'config'],
    ['delet', 'remov'],
    ['path', 'path'],
  ])
    assert.ok(areRelated(one!, other!), `${one} ${other}`);
  for (const [one, other] of [
    ['path', 'point'],
    ['user', 'file'],
    ['header', 'cookie'],
  ])
    assert.ok(!areRelated(one!, other!), `${one} ${other}`);
});
