import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message, Part } from '#protocol/message.ts';
import { compactionSizes } from '#server/agent/handoff/compaction-sizes.ts';
import { compactedView, GrowingView, type CompactionContent } from '#server/agent/handoff/compaction.ts';
import { inputRoom } from '#server/agent/handoff/fit.ts';
import { outlineWithin } from '#server/agent/handoff/outline.ts';
import { planCompaction } from '#server/agent/handoff/plan-compaction.ts';
import { createIncrementalProject, project } from '#server/agent/handoff/project.ts';
import { callsOf } from '#server/agent/handoff/tool-results.ts';
import { TokenCounter } from '#server/agent/handoff/tokens/token-counter.ts';
import type { Target } from '#server/gateway/types.ts';
import { authors, bodyOf, receivers, refusalOf, system, toolsFor, type Receiver } from './receivers.ts';
import { transcripts } from './transcripts.ts';

const nothing = { get: () => Promise.resolve(null), set: () => Promise.resolve() };
const counter = new TokenCounter({ ...nothing, getSecret: nothing.get, setSecret: nothing.set });

function tokensOf(view: readonly Message[], target: Target): number {
  const fixed = { system, tools: toolsFor(target) };
  return counter.count(project(view, target).messages, target, fixed).tokens;
}

/** Nothing, a sentence, pages, more than any of the windows: for each message another. */
const lengths = fc.array(fc.constantFrom(0, 0, 0, 40, 400, 3_000, 60_000), { minLength: 40, maxLength: 40 });
const windows = fc.oneof(fc.integer({ min: 2_000, max: 40_000 }), fc.constant(2_000));

/** The same conversation with long texts; what is sealed stays as its issuer wrote it. */
function lengthened(transcript: readonly Message[], sizes: readonly number[]): Message[] {
  return transcript.map((message, index) => {
    const size = sizes[index % sizes.length] ?? 0;
    return size ? { ...message, parts: message.parts.map((part) => longer(part, size)) } : message;
  });
}

function longer(part: Part, size: number): Part {
  const words = 'so it was said '.repeat(Math.ceil(size / 15));
  if (part.type === 'text') return { ...part, text: `${part.text} ${words}.` };
  if (part.type === 'tool-result') return { ...part, text: `${part.text}\n${words}` };
  if (part.type === 'tool-call' && part.args.startsWith('{'))
    return { ...part, args: JSON.stringify({ text: words }) };
  return part;
}

/** What the server does for an outline, without a server. */
function compacted(transcript: readonly Message[], target: Target): CompactionContent | null {
  const room = inputRoom(target);
  const sizes = compactionSizes(tokensOf([], target), tokensOf(transcript, target), room);
  const canRecall = target.capabilities.tools;
  const count = (view: readonly Message[]) => tokensOf(view, target);
  const plan = planCompaction(transcript, { target, canRecall, count, ...sizes });
  if (!plan) return null;
  const size = (text: string) => counter.textTokens(text, target);
  const text = plan.covered.length ? outlineWithin(plan.covered, plan.textTokens, size) : '';
  return { id: 'c', method: 'outline', writtenBy: null, text, ...plan };
}

function small({ target, dialect }: Receiver, contextWindow: number): Receiver {
  return { target: { ...target, contextWindow, maxOutput: 4_000 }, dialect };
}

const cases = fc.tuple(transcripts(authors), lengths, windows, fc.constantFrom(...receivers));

test('any conversation fits any window of 2,000 tokens and more after an outline, and its provider takes it', () => {
  let shortened = 0;
  fc.assert(
    fc.property(cases, ([short, sizes, window, receiver]) => {
      const transcript = lengthened(short, sizes);
      const to = small(receiver, window);
      const room = inputRoom(to.target);
      if (tokensOf(transcript, to.target) <= room) return;
      shortened += 1;
      const before = JSON.stringify(transcript);
      const made = compacted(transcript, to.target);
      assert.ok(made, `no outline for ${to.target.model} with ${window}`);
      const view = compactedView(transcript, made, to.target.capabilities.tools);
      const tokens = tokensOf(view, to.target);
      assert.ok(tokens <= room, `${tokens} of ${room}`);
      assert.equal(refusalOf(bodyOf(view, to), to), null);
      assertKept(transcript, view, made, room);
      assert.equal(JSON.stringify(transcript), before, 'nothing stored is changed');
    }),
    { numRuns: 4_000 },
  );
  assert.ok(shortened > 1_000, `${shortened} of 4,000 did not fit at first`);
});

/** Every message after the cut is there as it is, or cut in the middle where it alone would not fit. */
function assertKept(
  transcript: readonly Message[],
  view: readonly Message[],
  { throughSeq, limits }: CompactionContent,
  room: number,
): void {
  const tail = transcript.filter(({ seq }) => seq > throughSeq);
  const shown = tail.length ? view.slice(-tail.length) : [];
  for (const [index, message] of tail.entries()) {
    const now = shown[index];
    if (now === message) continue;
    assert.ok(limits, 'a message changed without a reason');
    assert.deepEqual(
      [now?.id, now?.role, now?.parts.length],
      [message.id, message.role, message.parts.length],
    );
    assert.notEqual(message.role, 'assistant', 'what a model said is never changed');
  }
  const newest = transcript.findLast(({ role }) => role === 'user');
  assert.ok(newest && view.some(({ id }) => id === newest.id), "the person's newest words are there");
  const words = newest.parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0);
  const alone = newest.parts.every(({ type }) => type === 'text') && words < room;
  if (alone) assert.ok(view.includes(newest), 'and as they are, where they have room');
  assertExchanges(transcript, throughSeq);
}

/** A call and its result are on the same side of the cut. */
function assertExchanges(transcript: readonly Message[], throughSeq: number): void {
  const open = new Map<string, number>();
  for (const message of transcript) {
    for (const call of callsOf(message)) open.set(call.toolCallId, message.seq);
    if (message.role !== 'tool') continue;
    for (const part of message.parts) {
      if (part.type !== 'tool-result') continue;
      const asked = open.get(part.toolCallId);
      if (asked === undefined || !open.delete(part.toolCallId)) continue;
      // Two calls of one id that wait at the same time are told apart by their order only.
      const once = transcript.flatMap(callsOf).filter((call) => call.toolCallId === part.toolCallId);
      if (once.length === 1) assert.equal(asked <= throughSeq, message.seq <= throughSeq, part.toolCallId);
    }
  }
}

test('a shortened conversation that goes on is the one before it with more at its end, message for message', () => {
  const inOrder = transcripts(authors, { inOrder: true });
  fc.assert(
    fc.property(inOrder, inOrder, lengths, fc.constantFrom(...receivers), (first, then, sizes, receiver) => {
      const to = small(receiver, 3_000);
      const now = lengthened(first, sizes);
      const made = compacted(now, to.target);
      fc.pre(made !== null);
      const later = then.map((message, index) => ({ ...message, id: `l${index}`, seq: now.length + index }));
      const view = new GrowingView(made, to.target.capabilities.tools);
      const next = createIncrementalProject();
      const growing = [...now];
      let before: string[] = [];
      for (const message of [null, ...later]) {
        if (message) growing.push(message);
        const rows = view.of(growing);
        assert.deepEqual(rows, compactedView(growing, made, to.target.capabilities.tools));
        const { messages } = next(rows, to.target, 'c');
        assert.deepEqual(messages, project(rows, to.target).messages);
        const texts = messages.map((each) => JSON.stringify(each));
        // The end of a request is still open: what answers it comes there.
        const closed = Math.max(0, before.length - 1);
        if (growing.length > now.length + 1)
          assert.deepEqual(texts.slice(0, closed), before.slice(0, closed));
        before = texts;
      }
    }),
    { numRuns: 500 },
  );
});
