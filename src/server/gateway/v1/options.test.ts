import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from './options.ts';

test('Helicone-Retry-Enabled: false is off, and the number is that of all tries', () => {
  assert.equal(readOptions({ 'helicone-retry-enabled': 'false' }).retry, null);
  assert.deepEqual(readOptions({ 'helicone-retry-enabled': 'true', 'helicone-retry-num': '3' }).retry, {
    tries: 3,
    factor: 2,
    minMs: 1_000,
    maxMs: 10_000,
  });
});

test('ignored keys are taken as documented and as the worker wants them', () => {
  for (const text of ['a, b', '"a","b"'])
    assert.deepEqual(
      readOptions({ 'helicone-cache-enabled': 'true', 'helicone-cache-ignore-keys': text }).cache?.ignoreKeys,
      ['a', 'b'],
    );
});

test('a policy is normalised, and one that cannot be meant is refused with the grammar', () => {
  const policy = (text: string) => readOptions({ 'helicone-ratelimit-policy': text }).rateLimit;
  assert.equal(policy('100;w=60;u=request;s=user')?.text, '100;w=60;s=user');
  assert.deepEqual(policy('5;W=3600;U=CENTS'), {
    quota: 5,
    window: 3_600,
    unit: 'cents',
    segment: 'global',
    text: '5;w=3600;u=cents',
  });
  for (const wrong of ['0;w=60', '10;w=59', '10;w=60;u=tokens', '10;w=60;s=a;u=request', 'w=60'])
    assert.throws(() => policy(wrong), /\[quota\];w=\[seconds\]/, wrong);
});

test('the time to live is at most a year, and s-maxage goes before max-age', () => {
  const ttl = (control: string) =>
    readOptions({ 'helicone-cache-enabled': 'TRUE', 'cache-control': control }).cache?.ttl;
  assert.equal(ttl('max-age=60, s-maxage=30'), 30);
  assert.equal(ttl('max-age=99999999'), 31_536_000);
  assert.equal(ttl(''), 604_800);
});

test('a request id is any UUID, else a new one', () => {
  const id = '0190f5fe-6b5c-7c2a-8d3e-1f2a3b4c5d6e';
  assert.equal(readOptions({ 'helicone-request-id': id }).requestId, id);
  assert.match(readOptions({ 'helicone-request-id': 'nonsense' }).requestId, /^[0-9a-f-]{36}$/);
});

test('fallbacks without their form are refused with it', () => {
  assert.throws(() => readOptions({ 'helicone-fallbacks': '[{"target-url":"x"}]' }), /target-url/);
});
