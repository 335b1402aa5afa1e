import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedTurn, threadView } from './testing/thread.ts';
import { applyEvent } from './timeline-events.ts';
import { timelineOf } from './timeline.ts';
import { providerLabel, sourceParts, webCost } from './web-words.ts';

test('a source is linked when its address is a web address that carries little with it', () => {
  const url = 'https://a.test/x?y=1';
  assert.deepEqual(sourceParts({ url, title: '', publishedAt: '2026-10-01T00:00:00Z' }), {
    host: 'a.test',
    href: url,
    day: '2026-10-01',
  });
  assert.deepEqual(sourceParts({ url: `https://a.test/?d=${'x'.repeat(80)}`, title: '' }), {
    host: 'a.test',
  });
  assert.deepEqual(sourceParts({ url: 'javascript:alert(1)', title: '' }), { host: '' });
  assert.deepEqual(sourceParts({ url: 'nonsense', title: '', publishedAt: '3 days ago' }), {
    host: 'nonsense',
    day: '3 days ago',
  });
});

test('the cost says when it is unknown, and what was kept is free', () => {
  assert.equal(webCost({ costUsd: null, cached: false }), 'price unknown');
  assert.equal(webCost({ costUsd: 0.008, cached: false }), '$0.008');
  assert.equal(webCost({ costUsd: 0, cached: false }), 'free');
  assert.equal(webCost({ costUsd: 0, cached: true }), 'kept from before, free');
  assert.deepEqual([providerLabel('exa'), providerLabel('other')], ['Exa', 'other']);
});

test('what a call asked the web for is with the call, and its cost with that of the thread', () => {
  const now = 0;
  const web = { provider: 'tavily', sources: [], costUsd: 0.25, cached: false };
  const timeline = timelineOf(threadView(), now);
  for (const event of recordedTurn())
    applyEvent(
      timeline,
      event.type === 'tool.finished' ? { ...event, data: { ...event.data, web } } : event,
      now,
    );
  const calls = timeline.entries.flatMap((entry) => (entry.kind === 'answer' ? entry.calls : []));
  assert.deepEqual(calls[0]?.web, web);
  assert.equal(timeline.costUsd, 0.75);
});
