import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from './address.ts';

test('an address is taken as it was written: the port of its protocol with TLS, else that of Qdrant', () => {
  const cases: [string, string, number, boolean, string][] = [
    ['http://localhost:6333', 'localhost', 6_333, false, ''],
    ['http://qdrant', 'qdrant', 6_333, false, ''],
    ['http://qdrant:80/', 'qdrant', 80, false, ''],
    ['https://x.cloud.example', 'x.cloud.example', 443, true, ''],
    ['https://x.cloud.example:6333', 'x.cloud.example', 6_333, true, ''],
    ['https://example.com/tools/qdrant/', 'example.com', 443, true, '/tools/qdrant'],
    ['http://[::1]:7000', '[::1]', 7_000, false, ''],
    ['http://[::1]', '[::1]', 6_333, false, ''],
    [' http://h:1 ', 'h', 1, false, ''],
  ];
  for (const [url, host, port, https, prefix] of cases)
    assert.deepEqual(parseAddress(url), { host, port, https, prefix }, url);
});

test('what is no address of a server is refused with the reason', () => {
  assert.throws(() => parseAddress('ftp://x'), /begin with http/);
  assert.throws(() => parseAddress('http://a:b@x'), /QDRANT_API_KEY/);
  assert.throws(() => parseAddress('http://x?y=1'), /no "\?"/);
  assert.throws(() => parseAddress('nothing'), TypeError);
});
