import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#protocol/message.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import { threadView } from './testing/thread.ts';
import { applyEvent } from './timeline-events.ts';
import { timelineOf } from './timeline.ts';

const now = Date.parse('2026-01-01T10:00:00.000Z');

function message(seq: number, role: 'user' | 'assistant', model = 'one'): Message {
  return {
    id: `${role}-${seq}`,
    threadId: 'thread-1',
    seq,
    runId: 'run-1',
    role,
    parts: [{ type: 'text', text: `${seq}` }],
    ...(role === 'assistant' ? { provider: 'red', model } : {}),
    status: 'complete',
    createdAt: '2026-01-01T10:00:00.000Z',
  };
}

const receipt: SwitchReceipt = {
  from: 'red/one',
  to: 'red/two',
  kept: { messages: 1, toolCalls: 0, images: 0 },
  converted: [],
  dropped: [],
  contextTokens: 1,
  estimated: true,
  tokenizer: 'estimate',
  contextWindow: null,
  fits: true,
  warnings: [],
};
const switched = (by: 'user' | 'failover') => ({ from: 'red/one', to: 'red/two', by, receipt });
const keys = (timeline: { entries: { key: string }[] }) => timeline.entries.map(({ key }) => key);

test('a fork stands after the message that its answers share, before what happened on the shown one', () => {
  const view = threadView({
    messages: [message(1, 'user'), message(4, 'assistant', 'two')],
    forks: [{ afterSeq: 1, branchIds: [0, 1], active: 1 }],
    notes: [{ eventId: 9, type: 'model.switched', data: switched('user'), afterSeq: 1 }],
  });
  assert.deepEqual(keys(timelineOf(view, now)), ['user-1', 'fork-1', 'event-9', 'assistant-4']);
});

test("a switch while an answer was written stands after it: the answer is still the other model's", () => {
  const messages = [message(1, 'user'), message(2, 'assistant', 'one'), message(3, 'assistant', 'two')];
  const at = (by: 'user' | 'failover') =>
    keys(
      timelineOf(
        threadView({
          messages,
          notes: [{ eventId: 5, type: 'model.switched', data: switched(by), afterSeq: 1 }],
        }),
        now,
      ),
    );
  assert.deepEqual(at('user'), ['user-1', 'assistant-2', 'event-5', 'assistant-3']);
  assert.deepEqual(at('failover'), ['user-1', 'event-5', 'assistant-2', 'assistant-3']);
});

test('an answer that is replayed after a reload stands before the switch that came while it was written', () => {
  const view = threadView({
    messages: [message(1, 'user')],
    notes: [{ eventId: 5, type: 'model.switched', data: switched('user'), afterSeq: 1 }],
    activeRunId: 'run-1',
    lastEventId: 5,
  });
  const timeline = timelineOf(view, now);
  applyEvent(timeline, { id: 3, type: 'message.delta', data: { messageId: 'answer-1', text: 'So' } }, now);
  assert.deepEqual(keys(timeline), ['user-1', 'answer-1', 'event-5']);
});

test('another answer is loaded from the record, once', () => {
  const timeline = timelineOf(threadView({ lastEventId: 5 }), now);
  const moved = { type: 'thread.branched', data: { branchId: 1, afterSeq: 1, by: 'move' } } as const;
  assert.equal(applyEvent(timeline, { id: 5, ...moved }, now), 'applied');
  assert.equal(applyEvent(timeline, { id: 6, ...moved }, now), 'load_again');
});
