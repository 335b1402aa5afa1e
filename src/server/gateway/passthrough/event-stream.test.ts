import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { PassingStream } from './event-stream.ts';
import { watchChat } from './watch-chat.ts';
import { watchMessages } from './watch-messages.ts';
import { watchResponses } from './watch-responses.ts';
import type { WireWatch } from './watch.ts';

const recordings = join(import.meta.dirname, '../../../../tests/recordings');

function watchFor(name: string): WireWatch {
  if (name.startsWith('anthropic')) return watchMessages();
  return name.startsWith('openai-responses') ? watchResponses() : watchChat({ dialect: {}, ownUsage: false });
}

function pass(watch: WireWatch, pieces: Buffer[]): { bytes: string; stream: PassingStream } {
  const stream = new PassingStream(watch, 'P');
  const out: Buffer[] = [];
  for (const piece of pieces) out.push(stream.push(piece) ?? Buffer.alloc(0));
  out.push(stream.end() ?? Buffer.alloc(0), stream.release() ?? Buffer.alloc(0));
  return { bytes: Buffer.concat(out).toString('utf8'), stream };
}

for (const name of readdirSync(recordings).filter(
  (file) => file.endsWith('.sse') && !/error|quota/.test(file),
))
  test(`${name} passes byte for byte however it is cut, and the same is seen of it`, () => {
    const bytes = readFileSync(join(recordings, name));
    const whole = pass(watchFor(name), [bytes]);
    assert.equal(whole.stream.seen.ended, true);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
        const at = [0, ...cuts.sort((left, right) => left - right), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const cut = pass(
          watchFor(name),
          pieces.filter(({ length }) => length > 0),
        );
        assert.equal(cut.bytes.trim(), bytes.toString('utf8').trim());
        const { usage, finish, ended, servedModel } = cut.stream.seen;
        const seen = whole.stream.seen;
        assert.deepEqual(
          [usage, finish, ended, servedModel],
          [seen.usage, seen.finish, seen.ended, seen.servedModel],
        );
      }),
      { numRuns: 60 },
    );
  });

for (const name of readdirSync(recordings).filter((file) => /error|quota/.test(file)))
  test(`${name}: its error is seen and does not pass`, () => {
    const { bytes, stream } = pass(watchFor(name), [readFileSync(join(recordings, name))]);
    assert.notEqual(stream.seen.error, undefined);
    assert.doesNotMatch(bytes, /"error":\s*\{/);
  });
