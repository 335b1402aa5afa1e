import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstEvent } from './first-event.ts';

/** A response whose body comes in exactly these pieces. */
function response(...pieces: string[]): Response {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece));
        controller.close();
      },
    }),
  );
}

const started = { runId: 'r', threadId: 't', messageId: 'm', model: 'red/one' };
const text = `retry: 1000\n\n: heartbeat\n\nid: 1\nevent: run.started\ndata: ${JSON.stringify(started)}\n\n`;

test('an event is read whatever pieces the network makes of it', async () => {
  for (let cut = 1; cut < text.length; cut += 1)
    assert.deepEqual(await firstEvent(response(text.slice(0, cut), text.slice(cut)), 'run.started'), started);
});

test('an event that is not ended is not an event', async () => {
  await assert.rejects(firstEvent(response(text.slice(0, -1)), 'run.started'), /ended before/);
});
