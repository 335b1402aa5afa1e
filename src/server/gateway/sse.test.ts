import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CrosspointError } from '#protocol/errors.ts';
import { SseParser, type SseEvent } from './sse.ts';

const encoder = new TextEncoder();

function parse(chunks: Uint8Array[]): SseEvent[] {
  const parser = new SseParser('p');
  return chunks.flatMap((chunk) => parser.push(chunk));
}

function cut(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) break;
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return start < bytes.length ? [...chunks, bytes.subarray(start)] : chunks;
}

/** Characters of one to four bytes, and what SSE gives a meaning. */
const line = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll(/[\r\n]/g, ''));
const name = fc.constantFrom('message', 'delta', 'größe');
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

test('F8: events are the same wherever the bytes are cut, inside characters and line ends too', () => {
  const event = fc.record({
    event: name,
    data: fc.array(line, { minLength: 1, maxLength: 3 }),
    comment: line,
  });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 6 }),
      lineEnd,
      fc.boolean(),
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 }),
      (events, end, withMark, sizes) => {
        const lines = events.flatMap(({ event: type, data, comment }) => [
          `:${comment}`,
          `event: ${type}`,
          'retry: 10',
          ...data.map((value) => `data: ${value}`),
          '',
        ]);
        const bytes = encoder.encode((withMark ? '\uFEFF' : '') + lines.map((value) => value + end).join(''));
        const expected = events.map(({ event: type, data }) => ({ event: type, data: data.join('\n') }));
        assert.deepEqual(parse(cut(bytes, sizes)), expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('F8: an event that no blank line ends is none, and data without a space or a colon counts', () => {
  assert.deepEqual(parse([encoder.encode('data:a\ndata\n\ndata: lost\n')]), [
    { event: 'message', data: 'a\n' },
  ]);
  assert.deepEqual(parse([encoder.encode('event: x\n\n')]), []);
});

test('F11: a line of more than a million characters is refused, in one piece and in many', () => {
  const isTooLarge = (cause: unknown) =>
    cause instanceof CrosspointError && cause.code === 'provider_too_large';
  assert.throws(() => parse([encoder.encode(`data: ${'x'.repeat(1_100_000)}\n\n`)]), isTooLarge);
  const piece = encoder.encode('x'.repeat(10_000));
  assert.throws(() => parse([encoder.encode('data: '), ...Array<Uint8Array>(200).fill(piece)]), isTooLarge);
});
