import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openCollector, type Collector } from './support/collector.ts';
import { eventually, openLiveGateway, saying, type LiveGateway } from './support/live-gateway.ts';

/** A call to `/v1` in the trace of the program that makes it. */

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

let live: LiveGateway;
let collector: Collector;
before(async () => {
  collector = await openCollector();
  live = await openLiveGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
});
after(async () => {
  await live[Symbol.asyncDispose]();
  collector.close();
});

test('a call and its attempts stand in the caller’s trace, in its own wire and in another, and no provider is told of it', async () => {
  const [own, other] = ['openai/gpt-4.1', 'anthropic/claude-sonnet-4-5'];
  for (const model of [own, other]) {
    const { path, body } = saying('openai-chat', model, true, 'Hello?');
    const headers = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'shop=1', baggage: 'who=ann' };
    await (await live.post(path, body, headers)).text();
  }
  const found = () => collector.spans.filter((span) => span.traceId === traceId);
  await eventually('two calls and their attempts', () => found().length === 4);
  const calls = found().filter(({ name }) => name.startsWith('POST'));
  assert.deepEqual(
    calls.map(({ parentSpanId }) => parentSpanId),
    [spanId, spanId],
  );
  const attempts = found().filter(({ name }) => name.startsWith('chat'));
  assert.deepEqual(
    attempts.map(({ parentSpanId }) => parentSpanId).sort(),
    calls.map((call) => call.spanId).sort(),
  );
  // Beside them the server asks each provider for its models.
  const asked = live.providers.requests.filter(({ bodyText }) => bodyText.includes('Hello?'));
  assert.equal(asked.length, 2);
  for (const { headers } of asked)
    for (const name of ['traceparent', 'tracestate', 'baggage']) assert.equal(headers[name], undefined, name);
});

test('a caller that does not record its trace has no call of it recorded', async () => {
  const silent = '1af7651916cd43dd8448eb211c80319c';
  const { path, body } = saying('openai-chat', 'openai/gpt-4.1', false, 'Hello?');
  await (await live.post(path, body, { traceparent: `00-${silent}-${spanId}-00` })).text();
  const last = await live.post(path, body);
  const shown = (last.headers.get('helicone-id') ?? '').replaceAll('-', '');
  await last.text();
  // What came later has been sent, so that the earlier one would have been.
  await eventually(
    'the later call',
    () => collector.spans.filter((span) => span.traceId === shown).length === 2,
  );
  assert.deepEqual(
    collector.spans.filter((span) => span.traceId === silent),
    [],
  );
});
