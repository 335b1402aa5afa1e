import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message } from '#protocol/message.ts';
import { createIncrementalProject, project } from '#server/agent/handoff/project.ts';
import { authors, bodyOf, receivers, refusalOf } from './receivers.ts';
import { transcripts } from './transcripts.ts';

/** `PROJECTION_RUNS=10000 npm test -- tests/matrix/projection` tries more. */
const numRuns = Number(process.env.PROJECTION_RUNS ?? 2_000);

test(`${numRuns} conversations of any kind, as untidy as import takes them: every provider takes its request, and the record is as it was`, () => {
  fc.assert(
    fc.property(transcripts(authors), (transcript) => {
      const before = JSON.stringify(transcript);
      for (const receiver of receivers) {
        const body = bodyOf(transcript, receiver);
        const refusal = refusalOf(body, receiver);
        assert.equal(refusal, null, `${receiver.target.model}: ${refusal}`);
        assert.doesNotMatch(body, /data:image\/svg|"media_type":"image\/svg/);
      }
      assert.equal(JSON.stringify(transcript), before, 'nothing stored is changed');
    }),
    { numRuns },
  );
});

test('a history that grows, however untidy, is projected step by step as it is at once', () => {
  fc.assert(
    fc.property(transcripts(authors), fc.constantFrom(...authors), (transcript, target) => {
      const growing: Message[] = [];
      const projectOn = createIncrementalProject();
      for (const message of transcript) {
        growing.push(message);
        assert.deepEqual(projectOn(growing, target), project(growing, target));
      }
    }),
    { numRuns: numRuns / 2 },
  );
});

/** The messages of a body without the marks for a cache, which move, and without its end, which grows. */
function conversation(bodyText: string): string {
  const at = Math.max(bodyText.indexOf(',"messages":['), bodyText.indexOf(',"input":['));
  return bodyText
    .slice(at)
    .replaceAll(',"cache_control":{"type":"ephemeral"}', '')
    .replace(/[\]}]+$/, '');
}

test('a conversation that goes on has the bytes of the shorter one before it, on every wire', () => {
  fc.assert(
    fc.property(
      transcripts(authors, { inOrder: true }),
      fc.constantFrom(...receivers),
      (transcript, receiver) => {
        let shorter = { text: '', thinks: false };
        for (const length of requestsIn(transcript)) {
          const now = transcript.slice(0, length);
          const thinks = !project(now, receiver.target).suppressReasoning;
          const text = conversation(bodyOf(now, receiver));
          // Where thinking goes off in another model's loop, the model's own earlier thinking does not go along either.
          if (shorter.thinks === thinks) assert.ok(text.startsWith(shorter.text), receiver.target.model);
          shorter = { text, thinks };
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

/** Lengths at which a request is made: after the person's words, and after results. */
function requestsIn(transcript: readonly Message[]): number[] {
  return transcript.flatMap(({ role, parts }, index) => {
    const blank = parts.every((part) => part.type === 'text' && part.text.trim() === '');
    return role === 'assistant' || blank ? [] : [index + 1];
  });
}
