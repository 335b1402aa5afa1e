import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceParents, traceParent } from './trace-parents.ts';

const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];

test('a caller’s span is read as the standard writes it, and anything else begins a trace of its own', () => {
  const sent = `00-${traceId}-${spanId}-01`;
  assert.deepEqual(traceParent({ traceparent: sent, tracestate: 'a=b' }), {
    traceId,
    spanId,
    traceFlags: 1,
    traceState: 'a=b',
  });
  assert.equal(traceParent({ traceparent: `cc-${traceId}-${spanId}-00-later` })?.traceFlags, 0);
  for (const wrong of [
    '',
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
  ])
    assert.equal(traceParent({ traceparent: wrong }), null, wrong);
});

test('memory of callers is bounded: the oldest go', () => {
  const parents = new TraceParents();
  for (let call = 0; call < 10_001; call++)
    parents.note(`r${call}`, { traceparent: `00-${traceId}-${spanId}-01` });
  assert.equal(parents.of('r0'), undefined);
  assert.ok(parents.of('r1') && parents.of('r10000'));
});
