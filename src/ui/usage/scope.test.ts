import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addressWith, daysOf, monthOf, queryOf, scopeOf } from './scope.ts';

const now = new Date('2026-03-02T12:00:00Z');
const at = (address: string) => scopeOf(new URLSearchParams(address), now);

test('a range is days in UTC up to today, both ends included, and 30 of them where the address says nothing', () => {
  const days = (address: string) => daysOf(at(address));
  assert.deepEqual(days('range=today'), ['2026-03-02']);
  assert.deepEqual(days('range=7').slice(0, 5), [
    '2026-02-24',
    '2026-02-25',
    '2026-02-26',
    '2026-02-27',
    '2026-02-28',
  ]);
  assert.equal(days('').length, 30);
  assert.equal(days('range=fortnight').length, 30);
  assert.equal(days('range=90').length, 90);
});

test("a person's own range is put in order, and half of one ends today", () => {
  assert.deepEqual(
    [at('range=own&from=2026-02-10&to=2026-02-01'), at('range=own&from=2026-02-10&to=soon')].map(
      ({ from, to }) => [from, to],
    ),
    [
      ['2026-02-01', '2026-02-10'],
      ['2026-02-10', '2026-03-02'],
    ],
  );
});

test('no address makes more bars than a year has days', () => {
  assert.equal(daysOf(at('range=own&from=1000-01-01&to=2026-03-02')).length, 366);
});

test('the server is asked for the range and the filters, and for nothing else of the address', () => {
  const query = queryOf(at('range=today&model=openai%2Fgpt-4.1&property=team:a%26b&by=key&request=r1&user='));
  assert.deepEqual(Object.fromEntries(query), {
    from: '2026-03-02',
    to: '2026-03-02',
    model: 'openai/gpt-4.1',
    property: 'team:a&b',
  });
});

test('another range or filter closes the request that was open and keeps the rest', () => {
  const address = new URLSearchParams('range=7&key=k1&request=r1');
  assert.equal(addressWith(address, { key: null, user: 'ann' }), '?range=7&user=ann');
  assert.equal(addressWith(address, { range: null, key: null }), '?');
});

test('a month in UTC has the days that it has', () => {
  assert.deepEqual(monthOf(now), { from: '2026-03-01', to: '2026-03-02', length: 31 });
  assert.equal(monthOf(new Date('2028-02-29T23:59:59Z')).length, 29);
});
