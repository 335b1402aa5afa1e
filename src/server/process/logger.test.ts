import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScrubber } from './logger.ts';

test('a secret is taken out of a line in every form that it takes on the way', () => {
  const secret = 'sk-a/b+c"d=0123456789';
  const scrub = createScrubber([secret, 'sk-a/b+c']);
  const forms = [
    secret,
    `https://host/?key=${encodeURIComponent(secret)}`,
    JSON.stringify({ err: { message: `refused ${secret}` } }),
    Buffer.from(secret).toString('base64'),
  ];
  for (const form of forms) {
    const line = scrub(form);
    assert.ok(line.includes('[secret]'), line);
    for (const part of [secret, 'sk-a', '0123456789', Buffer.from(secret).toString('base64')])
      assert.ok(!line.includes(part), line);
  }
  assert.equal(scrub('an ordinary line'), 'an ordinary line');
});
