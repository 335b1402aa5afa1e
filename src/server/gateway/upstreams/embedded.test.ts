import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, EmbeddedUpstream, ModelStreamEvent } from '../types.ts';
import { openWorkbench, request, target, textOf } from '../testing/workbench.ts';
import { eventually } from '#tests/support/eventually.ts';

function demo(embedded: EmbeddedUpstream): Connection {
  return {
    provider: 'demo',
    label: 'Demo',
    baseUrl: 'embedded:',
    apiKey: null,
    apiKeyVariable: '',
    auth: 'none',
    headers: {},
    dialect: {},
    embedded,
  };
}

const chunk = (delta: object, finish: string | null = null) =>
  new TextEncoder().encode(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
  );

test('an upstream inside the process is given and gives the bytes of its wire, also with Helicone on', async () => {
  const asked: unknown[] = [];
  let ended = 0;
  const connection = demo({
    respond(path, body) {
      asked.push([path, (JSON.parse(body) as { model: string }).model]);
      async function* answer() {
        try {
          yield chunk({ content: 'Hel' });
          yield chunk({ content: 'lo' });
          yield chunk({}, 'stop');
          yield new TextEncoder().encode('data: [DONE]\n\n');
        } finally {
          ended += 1;
        }
      }
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: answer(),
      });
    },
  });
  await using bench = await openWorkbench({ helicone: 'proxy', connections: [connection] });
  const { text, finished, failure } = await bench.ask(request(target('demo:demo-fast')));
  assert.ifError(failure);
  assert.equal(text, 'Hello');
  assert.equal(finished?.usage.route, 'embedded');
  assert.deepEqual(asked, [['/chat/completions', 'demo-fast']]);
  assert.equal(bench.ledger.rows[0]?.status, 'settled');
  assert.equal(ended, 1);
});

test('a stop reaches an upstream inside the process, which can clean up', async () => {
  let ended = false;
  let signalled = false;
  const connection = demo({
    respond(_path, _body, signal) {
      signal.addEventListener('abort', () => (signalled = true));
      async function* answer() {
        try {
          for (;;) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            yield chunk({ content: 'word ' });
          }
        } finally {
          ended = true;
        }
      }
      return Promise.resolve({ status: 200, headers: {}, body: answer() });
    },
  });
  await using bench = await openWorkbench({ connections: [connection] });
  const controller = new AbortController();
  const events: ModelStreamEvent[] = [];
  await assert.rejects(async () => {
    for await (const event of bench.gateway.stream(request(target('demo:demo-fast')), controller.signal)) {
      events.push(event);
      if (events.length === 4) controller.abort();
    }
  }, /stopped/);
  assert.equal(textOf(events), 'word word word ');
  assert.equal(bench.ledger.rows[0]?.status, 'aborted');
  await eventually('it was told and has cleaned up', () => ended && signalled);
});
