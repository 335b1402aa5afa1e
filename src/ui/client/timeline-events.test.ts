import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadEvent } from '#protocol/events.ts';
import { recordedTurn, threadView, usage } from './testing/thread.ts';
import { applyEvent } from './timeline-events.ts';
import type { AnswerEntry } from './entries.ts';
import { timelineOf, type Timeline } from './timeline.ts';

const now = Date.parse('2026-01-01T10:00:00.000Z');

function opened(): Timeline {
  const timeline = timelineOf(threadView(), now);
  timeline.entries.push({ kind: 'user', key: 'mine', messageId: null, text: 'Go', images: [], at: '' });
  return timeline;
}

function play(timeline: Timeline, events: readonly ThreadEvent[]): Timeline {
  for (const event of events) applyEvent(timeline, event, now);
  return timeline;
}

const answer = (timeline: Timeline, key: string) =>
  timeline.entries.find((entry) => entry.key === key) as AnswerEntry;

test('the text of an answer is the sum of its deltas', () => {
  const events = recordedTurn();
  const timeline = play(opened(), events);
  const deltas = events.flatMap((event) =>
    event.type === 'message.delta' && event.data.messageId === 'answer-1' ? [event.data.text] : [],
  );
  assert.equal(answer(timeline, 'answer-1').text, deltas.join(''));
  assert.equal(answer(timeline, 'answer-1').reasoning, 'Let me see.');
  assert.equal(answer(timeline, 'answer-1').status, 'complete');
});

test('a whole turn that is replayed changes nothing', () => {
  const events = recordedTurn();
  const timeline = play(opened(), events);
  const once = structuredClone(timeline);
  play(timeline, events);
  assert.deepEqual(timeline, once);
});

test('every cut of the stream that is resumed with some repetition ends the same', () => {
  const events = recordedTurn();
  const whole = play(opened(), events);
  for (let cut = 1; cut < events.length; cut += 1) {
    // Pieces of text have each id once (EventStream); what is not text may come again.
    const again = events.slice(Math.max(0, cut - 3), cut).filter(({ type }) => !type.endsWith('.delta'));
    const resumed = play(play(play(opened(), events.slice(0, cut)), again), events.slice(cut));
    assert.deepEqual(resumed, whole, `cut before event ${cut + 1}`);
  }
});

test('the first run event makes the sent message the stored one', () => {
  const timeline = play(opened(), recordedTurn().slice(0, 1));
  assert.equal(timeline.entries.length, 1);
  assert.deepEqual(timeline.entries[0], {
    kind: 'user',
    key: 'mine',
    messageId: 'user-1',
    text: 'Go',
    images: [],
    at: '',
  });
});

test('a message from another tab asks for the thread to be loaded', () => {
  const timeline = timelineOf(threadView(), now);
  const [started] = recordedTurn();
  assert.ok(started);
  assert.equal(applyEvent(timeline, started, now), 'load_again');
});

test('a review appears with its diff and is gone once a person has decided', () => {
  const events = recordedTurn();
  const asked = play(opened(), events.slice(0, 9));
  assert.equal(asked.review?.toolCalls[0]?.id, 'call-1');
  assert.equal(asked.runStatus, 'awaiting_review');
  assert.equal(asked.activity, null);
  const decided = play(asked, events.slice(9, 11));
  assert.equal(decided.review, null);
  assert.equal(answer(decided, 'answer-1').calls[0]?.decision?.action, 'approved');
  assert.equal(answer(decided, 'answer-1').calls[0]?.diff?.after, 'b\n');
});

test('a call keeps what it printed and how it ended', () => {
  const call = answer(play(opened(), recordedTurn()), 'answer-1').calls[0];
  assert.equal(call?.output, 'changed\n');
  assert.equal(call?.state, 'finished');
  assert.equal(call?.status, 'ok');
  assert.equal(call?.durationMs, 5);
});

test('known costs are summed, and one unknown price makes the sum incomplete', () => {
  const timeline = play(opened(), recordedTurn());
  assert.equal(timeline.costUsd, 0.5);
  assert.equal(timeline.costComplete, false);
  assert.equal(timeline.contextTokens, 110);
});

test('an answer that an end cuts is partial, and its end stands in the timeline once', () => {
  const cut = recordedTurn().slice(0, 5);
  const end: ThreadEvent = {
    id: 6,
    type: 'run.finished',
    data: { runId: 'run-1', status: 'error', error: 'It broke.', code: 'provider_stream_cut' },
  };
  const timeline = play(opened(), [...cut, end, end]);
  assert.equal(answer(timeline, 'answer-1').status, 'partial');
  const notes = timeline.entries.filter(({ kind }) => kind === 'note');
  assert.deepEqual(notes, [
    {
      kind: 'note',
      key: 'event-6',
      eventId: 6,
      note: { type: 'ended', status: 'error', error: 'It broke.', code: 'provider_stream_cut' },
    },
  ]);
});

test('a retry is shown until the next try begins', () => {
  const events: ThreadEvent[] = [
    ...recordedTurn().slice(0, 2),
    { id: 3, type: 'retrying', data: { attempt: 1, afterMs: 500, reason: 'overloaded', model: 'red/one' } },
  ];
  const timeline = play(opened(), events);
  assert.equal(timeline.activity?.retry?.reason, 'overloaded');
  play(timeline, [{ id: 4, type: 'model.started', data: { requestedModel: 'red/one', attempt: 2 } }]);
  assert.equal(timeline.activity?.retry, null);
});

test('what was loaded with the thread is not added again by the events that follow', () => {
  const message = {
    id: 'answer-1',
    threadId: 'thread-1',
    seq: 2,
    runId: 'run-1',
    role: 'assistant' as const,
    parts: [{ type: 'text' as const, text: 'I change one line.' }],
    provider: 'red',
    model: 'one',
    status: 'complete' as const,
    createdAt: '2026-01-01T10:00:00.000Z',
    usage: usage(),
  };
  const timeline = timelineOf(threadView({ messages: [message], costUsd: 0.5, lastEventId: 6 }), now);
  play(timeline, recordedTurn().slice(1, 6));
  assert.equal(answer(timeline, 'answer-1').text, 'I change one line.');
  assert.equal(timeline.costUsd, 0.5);
});

test('what a call changed in the files is with the call, and what was taken back is a line of its own', () => {
  const timeline = play(opened(), recordedTurn());
  const call = timeline.entries.flatMap((entry) => (entry.kind === 'answer' ? entry.calls : []))[0];
  assert.ok(call);
  const file = {
    path: 'a.js',
    status: 'modified',
    additions: 1,
    deletions: 1,
    binary: false,
    size: 2,
  } as const;
  const id = timeline.lastEventId;
  const events: ThreadEvent[] = [
    {
      id: id + 1,
      type: 'workspace.changed',
      data: { toolCallId: call.toolCallId, files: [file], runId: 'run-9' },
    },
    { id: id + 2, type: 'workspace.rewound', data: { rewindId: 'rewind-1', files: 1 } },
    { id: id + 3, type: 'sandbox.restored', data: { generation: 2, snapshotAt: null, lost: ['Nothing.'] } },
    { id: id + 4, type: 'sandbox.moved', data: { from: 'local', to: 'e2b' } },
  ];
  play(timeline, events);
  play(timeline, events);
  assert.deepEqual(call.files, [file]);
  const notes = timeline.entries.flatMap((entry) => (entry.kind === 'note' ? [entry.note] : [])).slice(-3);
  assert.deepEqual(notes, [
    { type: 'rewound', rewindId: 'rewind-1', files: 1 },
    { type: 'lost', generation: 2, snapshotAt: null, lost: ['Nothing.'] },
    { type: 'moved', from: 'local', to: 'e2b' },
  ]);
});
