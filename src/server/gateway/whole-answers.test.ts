import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { continued, openWorkbench, request, says, target } from './testing/workbench.ts';
import type { ModelRequest, ModelStreamEvent, Target } from './types.ts';
import { eventually } from '#tests/support/eventually.ts';

/** One model for each way of reading an answer. */
const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'groq:openai/gpt-oss-120b',
  'openrouter:anthropic/claude-sonnet-4.5',
  'openrouter:google/gemini-3.1-pro-preview',
  'compatible:kimi-k2-thinking',
];

const call = { name: 'write_file', args: { path: 'größe.txt', content: 'line 1\nline 2' } };
const usage = { input: 100, output: 40, cacheRead: 30, reasoning: 7 };
const write: Answer = { reasoning: 'I think first.', text: 'I write it. 世界', calls: [call, call], usage };

function named(name: string): Target {
  return target(name, /kimi/.test(name) ? { dialect: { reasoningContent: true } } : {});
}

function whole(to: Target, changes: Partial<ModelRequest> = {}): ModelRequest {
  return request(to, {
    ...changes,
    settings: { reasoningEffort: 'medium', ...changes.settings, stream: false },
  });
}

/** An answer without what differs from one request to the next. */
function comparable(finished: Extract<ModelStreamEvent, { type: 'finished' }> | undefined) {
  assert.ok(finished);
  const { inputTokens, outputTokens, cacheReadTokens, reasoningTokens, estimated, servedModel } =
    finished.usage;
  const parts = finished.parts.map((part) => ({
    ...part,
    ...('toolCallId' in part ? { toolCallId: '' } : {}),
    capsule: Boolean(part.capsule),
  }));
  const counted = { inputTokens, outputTokens, cacheReadTokens, reasoningTokens, estimated, servedModel };
  return { reason: finished.reason, parts, counted };
}

for (const name of models) {
  test(`a whole answer is the answer that a stream gives, and its own reasoning goes back: ${name}`, async () => {
    await using bench = await openWorkbench({ script: () => write });
    const settings = { reasoningEffort: 'medium' } as const;
    const streamed = await bench.ask(request(named(name), { settings }));
    const { finished, failure, events, text } = await bench.ask(whole(named(name)));
    assert.ifError(failure);
    assert.deepEqual(comparable(finished), comparable(streamed.finished));
    assert.equal(text, streamed.text);
    assert.equal(bench.providers.requests[1]?.body.stream, false);
    assert.equal(bench.providers.requests[1]?.headers.accept, 'application/json');
    const types = events.map(({ type }) => type).filter((type) => !type.startsWith('reasoning-'));
    const inOrder = types.filter((type, index) => type !== types[index - 1]);
    assert.deepEqual(inOrder, ['started', 'text-delta', 'tool-call-delta', 'finished']);
    const more = [says('Hello?'), ...continued(finished ?? { parts: [] }), says('And now?')];
    const next = await bench.ask(whole(named(name), { messages: more }));
    assert.ifError(next.failure);
    assert.deepEqual(bench.providers.refusals, []);
  });

  test(`a whole answer has no first token before its last: ${name}`, async () => {
    await using bench = await openWorkbench({ script: [{ text: 'Late.', paceMs: 15 }] });
    const { finished } = await bench.ask(whole(named(name)));
    const { ttftMs = 0, latencyMs = 0 } = finished?.usage ?? {};
    assert.ok((ttftMs ?? 0) >= 140 && (ttftMs ?? 0) <= latencyMs, `${ttftMs} of ${latencyMs}`);
  });

  test(`a whole answer that is cut, no JSON, an error or empty is the failure that a stream gives: ${name}`, async () => {
    for (const [fault, code, attempts] of [
      [{ kind: 'cut', after: 'text', how: 'reset' }, 'provider_stream_cut', 2],
      [{ kind: 'cut', after: 'text', how: 'close' }, 'provider_stream_cut', 2],
      [{ kind: 'zero' }, 'provider_stream_cut', 2],
      [{ kind: 'malformed', after: 'text' }, 'provider_protocol', 1],
      [{ kind: 'error-event', after: 'text', status: 529 }, 'provider_overloaded', 3],
      [{ kind: 'error-event', after: 'text', status: 429 }, 'provider_rate_limited', 4],
      [{ kind: 'page', body: '{"hello":"world"}', contentType: 'application/json' }, 'provider_protocol', 1],
      [{ kind: 'page', body: '[1,2]', contentType: 'application/json' }, 'provider_protocol', 1],
      [{ kind: 'page', body: '<html>Sign in</html>', contentType: 'text/html' }, 'provider_protocol', 1],
      [{ kind: 'endless-text', bytes: 9_000_000 }, 'provider_too_large', 1],
    ] as [Answer['fault'] & object, string, number][]) {
      await using bench = await openWorkbench({ script: () => ({ ...write, fault }), chunking: 'whole' });
      const { failure, finished, events } = await bench.ask(whole(named(name)));
      assert.equal(failure?.code, code, JSON.stringify(fault));
      assert.equal(finished, undefined);
      assert.ok(!events.some(({ type }) => type.endsWith('delta')), 'nothing of it was shown');
      assert.equal(bench.ledger.rows.length, attempts, JSON.stringify(fault));
      assert.ok(bench.ledger.rows.every(({ status }) => status === 'failed'));
    }
  });

  test(`a whole answer that a limit cuts off has no calls: ${name}`, async () => {
    const args = '{"path":"a.txt","content":"line 1';
    await using bench = await openWorkbench({
      script: [
        { ...write, finish: 'length' },
        { ...write, calls: [{ ...call, args }] },
      ],
    });
    const limited = await bench.ask(whole(named(name)));
    assert.equal(limited.finished?.reason, 'length');
    assert.ok(!limited.finished.parts.some(({ type }) => type === 'tool-call'));
    // Messages carry an object: a whole call cannot be cut off there.
    if (name.startsWith('anthropic')) return;
    const { finished } = await bench.ask(whole(named(name)));
    assert.ok(finished && !finished.parts.some(({ type }) => type === 'tool-call'));
  });
}

for (const helicone of ['proxy', 'gateway'] as const)
  for (const name of ['openai:gpt-4o', 'openai:gpt-5.2', 'anthropic:claude-sonnet-4-5'])
    test(`a whole answer comes over Helicone's ${helicone} as well, and its failure is told: ${name}`, async () => {
      await using bench = await openWorkbench({ helicone, script: () => write });
      const { finished, failure } = await bench.ask(whole(target(name)));
      assert.ifError(failure);
      assert.equal(finished?.usage.route, `helicone-${helicone}`);
      assert.equal(finished.parts.filter(({ type }) => type === 'tool-call').length, 2);
      assert.ok(
        finished.parts.some(({ type, capsule }) => type === 'reasoning' && capsule) ||
          name === 'openai:gpt-4o',
      );
      const more = [says('Hello?'), ...continued(finished)];
      assert.ifError((await bench.ask(whole(target(name), { messages: more }))).failure);
      bench.providers.script([{ fault: { kind: 'status', status: 401 } }]);
      assert.equal((await bench.ask(whole(target(name)))).failure?.code, 'provider_auth');
    });

test('a whole answer may take longer than a stream may be silent, and a stop ends it and counts what was asked', async () => {
  // 180 ms until the first byte of a stream, 1,800 for a whole answer.
  await using bench = await openWorkbench({
    deadlineScale: 0.003,
    script: [
      { text: 'At last.', fault: { kind: 'slow', ms: 300 } },
      { fault: { kind: 'hang' } },
      { fault: { kind: 'hang' } },
    ],
  });
  const { text, failure } = await bench.ask(whole(target('openai:gpt-4o')));
  assert.ifError(failure);
  assert.equal(text, 'At last.');
  const late = await bench.ask(whole(target('openai:gpt-4o')));
  assert.equal(late.failure?.code, 'provider_timeout');
  assert.match(late.failure?.message ?? '', /whole answer/);
  const stop = new AbortController();
  const stopping = bench.ask(whole(target('openai:gpt-4o')), stop.signal);
  await eventually('the third request is upstream', () => bench.providers.requests.length === 3);
  stop.abort();
  const stopped = await stopping;
  assert.equal(stopped.failure?.name, 'AbortError');
  const [, timedOut, aborted, ...more] = bench.ledger.rows;
  assert.deepEqual(more, [], 'neither is tried again');
  for (const row of [timedOut, aborted]) {
    assert.ok(row?.estimated && row.inputTokens > 0 && row.outputTokens === 0);
    assert.equal(row.ttftMs, null);
  }
});

/** OpenAI's refusal of an organisation that is not verified. */
const unverified: Answer = {
  fault: {
    kind: 'status',
    status: 400,
    message: 'Your organization must be verified to stream this model.',
    code: 'unsupported_value',
    param: 'stream',
  },
};

for (const helicone of [undefined, 'proxy', 'gateway'] as const)
  test(`a model that may not be streamed is asked without, once told, and so from then on: ${helicone ?? 'direct'}`, async () => {
    const script = ({ stream }: Asked) => (stream ? unverified : { text: 'Whole.' });
    await using bench = await openWorkbench({ script, ...(helicone ? { helicone } : {}) });
    const { events, text, failure } = await bench.ask(request(target('openai:gpt-5.2')));
    assert.ifError(failure);
    assert.equal(text, 'Whole.');
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));
    assert.deepEqual(notices, ['not_streamed']);
    assert.deepEqual(bench.waits, [], 'nothing is waited for');
    assert.deepEqual(
      bench.ledger.rows.map(({ status, attempt }) => [status, attempt]),
      [
        ['failed', 1],
        ['settled', 2],
      ],
    );
    const again = await bench.ask(request(target('openai:gpt-5.2')));
    assert.deepEqual(
      again.events.map(({ type }) => type),
      ['started', 'text-delta', 'finished'],
    );
    bench.providers.script([unverified]);
    const other = await bench.ask(whole(target('openai:gpt-5.1')));
    assert.equal(
      other.failure?.code,
      'provider_bad_request',
      'refused without streaming: there is nothing to try',
    );
  });

test('a server that answers a streaming request by a whole answer is read all the same', async () => {
  const body = JSON.stringify({
    model: 'local',
    choices: [{ message: { role: 'assistant', content: 'Whole.' }, finish_reason: 'stop' }],
  });
  const fault = { kind: 'page', body, contentType: 'application/json' } as const;
  await using bench = await openWorkbench({ script: [{ fault }] });
  const { text, failure } = await bench.ask(request(target('compatible:local')));
  assert.ifError(failure);
  assert.equal(text, 'Whole.');
});
