import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '#tests/upstreams/index.ts';
import type { PartialAnswer } from './types.ts';
import { openWorkbench, request, target } from './testing/workbench.ts';
import { eventually } from '#tests/support/eventually.ts';

/** One model for each way of reading a stream. */
const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'groq:openai/gpt-oss-120b',
  'openrouter:anthropic/claude-sonnet-4.5',
];

function partialOf(failure: Error | undefined): PartialAnswer | undefined {
  return (failure?.cause as { partial?: PartialAnswer } | undefined)?.partial;
}

const call = { name: 'write_file', args: { path: 'a.txt', content: 'line 1\nline 2' } };
const write: Answer = { text: 'I write it.', calls: [call] };

for (const name of models) {
  test(`F1: a 429 is waited for as long as Retry-After says, with jitter, and then answered: ${name}`, async () => {
    const limited: Answer = { fault: { kind: 'status', status: 429, headers: { 'retry-after': '2' } } };
    await using bench = await openWorkbench({ script: [limited, limited, limited, { text: 'At last.' }] });
    const { events, text, failure } = await bench.ask(request(target(name)));
    assert.ifError(failure);
    assert.equal(text, 'At last.');
    const retries = events.flatMap((event) => (event.type === 'retrying' ? [event] : []));
    assert.deepEqual(
      retries.map(({ attempt }) => attempt),
      [2, 3, 4],
    );
    assert.deepEqual(
      bench.waits,
      retries.map(({ afterMs }) => afterMs),
    );
    assert.ok(bench.waits.every((ms) => ms > 2_000 && ms <= 3_000));
    assert.deepEqual(
      bench.ledger.rows.map(({ status, httpStatus, errorCode, attempt }) => [
        status,
        httpStatus,
        errorCode,
        attempt,
      ]),
      [
        ['failed', 429, 'provider_rate_limited', 1],
        ['failed', 429, 'provider_rate_limited', 2],
        ['failed', 429, 'provider_rate_limited', 3],
        ['settled', 200, null, 4],
      ],
    );
  });

  test(`F3: a refused key is not tried again, and nothing of the answer's body is told: ${name}`, async () => {
    const message = 'CANARY sk-live-1234567890abcdef is wrong';
    await using bench = await openWorkbench({
      script: [{ fault: { kind: 'status', status: 401, message } }],
    });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, 'provider_auth');
    assert.match(failure?.message ?? '', /_API_KEY/);
    assert.doesNotMatch(JSON.stringify([failure?.message, failure?.cause]), /1234567890abcdef/);
    assert.equal(bench.ledger.rows.length, 1);
  });

  test(`F6: text that came before a cut is kept, and the answer is never complete: ${name}`, async () => {
    for (const how of ['reset', 'close'] as const) {
      const text = 'The first words of a long answer.';
      await using bench = await openWorkbench({
        script: [{ text, fault: { kind: 'cut', after: 'text', how } }],
        chunking: 'events',
      });
      const { failure, finished, events } = await bench.ask(request(target(name)));
      assert.equal(failure?.code, 'provider_stream_cut', how);
      assert.equal(finished, undefined);
      assert.deepEqual(partialOf(failure)?.parts, [{ type: 'text', text: 'The fir' }]);
      assert.equal(events.filter(({ type }) => type === 'retrying').length, 0);
      const [row, ...more] = bench.ledger.rows;
      assert.deepEqual(more, []);
      assert.deepEqual(
        [row?.status, row?.errorCode, row?.estimated],
        ['failed', 'provider_stream_cut', true],
      );
      assert.ok((row?.outputTokens ?? 0) > 0 && (row?.inputTokens ?? 0) > 0);
    }
  });

  test(`F7: a call that a cut or a length limit leaves incomplete never becomes real: ${name}`, async () => {
    for (const [answer, code] of [
      [{ ...write, fault: { kind: 'cut', after: 'call', how: 'close' } }, 'provider_stream_cut'],
      [{ ...write, fault: { kind: 'cut', after: 'end', how: 'close' } }, 'provider_stream_cut'],
      [
        { ...write, finish: 'length', calls: [{ ...call, args: '{"path":"a.txt","content":"line 1\\n' }] },
        undefined,
      ],
      [{ ...write, finish: 'length' }, undefined],
      [{ ...write, calls: [{ ...call, args: '{"path":"a.txt","content":"line 1' }] }, undefined],
    ] as [Answer, string | undefined][]) {
      await using bench = await openWorkbench({ script: [answer] });
      const { failure, finished, events } = await bench.ask(request(target(name)));
      assert.equal(failure?.code, code);
      const parts = finished?.parts ?? partialOf(failure)?.parts ?? [];
      assert.ok(events.some(({ type }) => type === 'tool-call-delta'));
      assert.ok(parts.some(({ type }) => type === 'text'));
      assert.ok(!parts.some(({ type }) => type === 'tool-call'));
      if (finished) assert.equal(finished.reason, answer.finish ?? 'stop');
    }
  });

  test(`F8: a broken event or an error inside the 200 is a failure and keeps what came: ${name}`, async () => {
    for (const [fault, code] of [
      [{ kind: 'malformed', after: 'text' }, 'provider_protocol'],
      [{ kind: 'error-event', after: 'text', status: 529 }, 'provider_overloaded'],
      [{ kind: 'page', body: '<html>Sign in</html>', contentType: 'text/html' }, 'provider_protocol'],
    ] as [Answer['fault'] & object, string][]) {
      await using bench = await openWorkbench({ script: [{ text: 'Some text.', fault }] });
      const { failure } = await bench.ask(request(target(name)));
      assert.equal(failure?.code, code, JSON.stringify(fault));
      const kept = partialOf(failure)?.parts ?? [];
      assert.equal(kept.length, fault.kind === 'page' ? 0 : 1);
    }
  });

  test(`F8: an error inside the 200 before the first word is tried again: ${name}`, async () => {
    const broken: Answer = { text: 'x', fault: { kind: 'error-event', after: 'preamble', status: 529 } };
    await using bench = await openWorkbench({ script: [broken, { text: 'Fine.' }] });
    const { text, failure } = await bench.ask(request(target(name)));
    assert.ifError(failure);
    assert.equal(text, 'Fine.');
    assert.deepEqual(
      bench.ledger.rows.map(({ status, httpStatus }) => [status, httpStatus]),
      [
        ['failed', 200],
        ['settled', 200],
      ],
    );
  });

  test(`F10: an empty answer is asked for once more, then taken as it is: ${name}`, async () => {
    await using bench = await openWorkbench({ script: [{}, {}] });
    const { events, finished, failure } = await bench.ask(request(target(name)));
    assert.ifError(failure);
    assert.deepEqual(finished?.parts, []);
    assert.equal(events.filter(({ type }) => type === 'retrying').length, 1);
    assert.equal(bench.ledger.rows.length, 2);
  });

  test(`F10: a 200 without a byte is asked for once more, then it is a cut stream: ${name}`, async () => {
    const zero: Answer = { fault: { kind: 'zero' } };
    await using bench = await openWorkbench({ script: [zero, zero] });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, 'provider_stream_cut');
    assert.equal(bench.ledger.rows.length, 2);
  });

  test(`F12: a refusal is an answer with its reason, not an error: ${name}`, async () => {
    await using bench = await openWorkbench({ script: [{ text: 'I will not do that.', finish: 'refusal' }] });
    const { finished, failure } = await bench.ask(request(target(name)));
    assert.ifError(failure);
    assert.equal(finished?.reason, 'refusal');
    assert.equal(finished?.parts[0]?.type === 'text' && finished.parts[0].text, 'I will not do that.');
    assert.equal(bench.ledger.rows.length, 1);
  });

  test(`F14: without reported usage the numbers are estimated, reported zeros stay zeros: ${name}`, async () => {
    await using bench = await openWorkbench({
      script: [
        { text: 'Twelve characters or more.', usage: null },
        { text: 'Zero.', usage: { input: 0, output: 0, cost: 0 } },
      ],
    });
    const counted = await bench.ask(request(target(name)));
    const zero = await bench.ask(request(target(name)));
    // Anthropic's first event always reports something, OpenRouter's last one too.
    const usage = counted.finished?.usage;
    if (/openai|groq/.test(name))
      assert.ok(usage?.estimated && usage.outputTokens === 7 && usage.inputTokens > 0);
    const { inputTokens, outputTokens, costUsd, estimated } = zero.finished?.usage ?? {};
    assert.deepEqual(
      { inputTokens, outputTokens, costUsd, estimated },
      { inputTokens: 0, outputTokens: 0, costUsd: 0, estimated: false },
    );
  });

  test(`F15: a redirect is never followed: ${name}`, async () => {
    await using bench = await openWorkbench({
      script: () => ({ fault: { kind: 'redirect', to: bench.providers.compatible.baseUrl } }),
    });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, 'provider_redirect');
    assert.equal(bench.providers.requests.length, 1);
  });
}

test('F1: the fourth 429 is the last, and a wait of more than a minute is not begun', async () => {
  const limited = (seconds: string): Answer => ({
    fault: { kind: 'status', status: 429, headers: { 'retry-after': seconds } },
  });
  await using bench = await openWorkbench({
    script: [...Array<Answer>(4).fill(limited('1')), limited('90')],
  });
  const fourth = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(fourth.failure?.code, 'provider_rate_limited');
  assert.match(fourth.failure?.message ?? '', /after 4 tries/);
  const long = await bench.ask(request(target('anthropic:claude-sonnet-4-5')));
  assert.equal(long.failure?.code, 'provider_rate_limited');
  assert.equal(bench.ledger.rows.length, 5);
});

for (const status of [500, 502, 503, 529])
  test(`F2: a ${status} is tried three times with growing, jittered waits`, async () => {
    await using bench = await openWorkbench({ script: () => ({ fault: { kind: 'status', status } }) });
    const { failure } = await bench.ask(request(target('anthropic:claude-sonnet-4-5')));
    assert.equal(failure?.code, 'provider_overloaded');
    assert.deepEqual(bench.waits, [500, 1_000]);
    assert.deepEqual(
      bench.ledger.rows.map(({ status: settled, costUsd, outputTokens }) => [settled, costUsd, outputTokens]),
      Array(3).fill(['failed', 0, 0]),
    );
  });

test('F4: a provider that refuses connections is tried three times and named', async () => {
  await using bench = await openWorkbench();
  await bench.providers.openai.stop();
  const { failure } = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(failure?.code, 'provider_unreachable');
  assert.equal(bench.ledger.rows.length, 3);
  assert.equal(bench.ledger.rows[0]?.ttftMs, null);
});

for (const kind of ['hang', 'headers'] as const)
  test(`F5: silence (${kind}) ends at the first-byte deadline and closes the socket`, async () => {
    await using bench = await openWorkbench({ script: () => ({ fault: { kind } }), deadlineScale: 0.002 });
    const { failure } = await bench.ask(request(target('openai:gpt-4o')));
    assert.equal(failure?.code, 'provider_timeout');
    assert.match(failure?.message ?? '', /first byte/);
    assert.equal(bench.ledger.rows.length, 3);
    await eventually('every socket is closed', () =>
      bench.providers.requests.every(({ abandoned }) => abandoned),
    );
  });

test('F5: a stream that stalls after words ends between chunks, is not sent again, and keeps the words', async () => {
  await using bench = await openWorkbench({
    script: [{ text: 'Some words and', fault: { kind: 'stall', after: 'text' } }],
    deadlineScale: 0.01,
  });
  const { failure, text } = await bench.ask(request(target('anthropic:claude-sonnet-4-5')));
  assert.equal(failure?.code, 'provider_timeout');
  assert.match(failure?.message ?? '', /between chunks/);
  assert.deepEqual(partialOf(failure)?.parts, [{ type: 'text', text }]);
  assert.equal(bench.ledger.rows.length, 1);
});

test('F5: a drip that never pauses long enough ends at the total deadline', async () => {
  await using bench = await openWorkbench({
    script: [{ text: 'drip '.repeat(1_000), paceMs: 20 }],
    deadlineScale: 0.004,
  });
  const { failure } = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(failure?.code, 'provider_timeout');
  assert.match(failure?.message ?? '', /total time/);
});

test('F9: arguments that are closed but wrong reach the agent as they are; the same id twice becomes two', async () => {
  await using bench = await openWorkbench({
    script: [
      {
        calls: [
          { name: 'read_file', args: 'not json', id: 'same' },
          { name: 'read_file', args: { path: 'b' }, id: 'same' },
        ],
      },
    ],
  });
  const { finished } = await bench.ask(request(target('openai:gpt-4o')));
  const calls = finished?.parts.flatMap((part) => (part.type === 'tool-call' ? [part] : [])) ?? [];
  assert.deepEqual(
    calls.map(({ args }) => args),
    ['not json', '{"path":"b"}'],
  );
  assert.equal(new Set(calls.map(({ toolCallId }) => toolCallId)).size, 2);
});

test('F11: an endless line and an endless answer are cut off', async () => {
  const faults = [
    { kind: 'endless-line', bytes: 3_000_000 },
    { kind: 'endless-text', bytes: 12_000_000 },
  ] as const;
  for (const fault of faults)
    for (const name of ['openai:gpt-4o', 'openai:gpt-5.2', 'anthropic:claude-sonnet-4-5']) {
      await using bench = await openWorkbench({ script: [{ text: 'a', fault }], chunking: 'whole' });
      const { failure } = await bench.ask(request(target(name)));
      assert.equal(failure?.code, 'provider_too_large', `${fault.kind} ${name}`);
    }
});

test('F11: a call with arguments beyond 256 KB is refused', async () => {
  const args = { content: 'x'.repeat(300_000) };
  for (const name of models) {
    await using bench = await openWorkbench({
      script: [{ calls: [{ name: 'write_file', args }] }],
      chunking: 'whole',
    });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, 'provider_too_large', name);
  }
});

for (const [name, status, message, code] of [
  ['openai:gpt-4o', 400, "This model's maximum context length is 128000 tokens.", 'context_length_exceeded'],
  ['anthropic:claude-sonnet-4-5', 400, 'prompt is too long: 210000 tokens > 200000 maximum', undefined],
  [
    'groq:openai/gpt-oss-120b',
    400,
    'Please reduce the length of the messages or completion.',
    'context_length_exceeded',
  ],
  [
    'openrouter:anthropic/claude-sonnet-4.5',
    400,
    'prompt is too long: 210000 tokens > 200000 maximum',
    undefined,
  ],
] as const)
  test(`F13: a conversation that does not fit is told as such and not sent again: ${name}`, async () => {
    const fault = { kind: 'status', status, message, ...(code ? { code } : {}) } as const;
    await using bench = await openWorkbench({ script: [{ fault }] });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, 'context_overflow');
    assert.equal(bench.ledger.rows.length, 1);
  });

test('F14: a caller who stops ends the request with an AbortError after the attempt is settled', async () => {
  await using bench = await openWorkbench({ script: [{ text: 'word '.repeat(500), paceMs: 5 }] });
  const controller = new AbortController();
  const seen: string[] = [];
  const stream = bench.gateway.stream(request(target('openai:gpt-4o')), controller.signal);
  await assert.rejects(
    async () => {
      for await (const event of stream) {
        if (event.type === 'text-delta') seen.push(event.text);
        if (seen.length === 3) controller.abort();
      }
    },
    (error: Error) => {
      assert.equal(error.name, 'AbortError');
      const { parts = [], usage } = partialOf(error) ?? {};
      assert.deepEqual(parts, [{ type: 'text', text: seen.join('') }]);
      assert.ok(usage?.estimated && usage.outputTokens > 0);
      return true;
    },
  );
  assert.deepEqual(
    bench.ledger.rows.map(({ status, estimated }) => [status, estimated]),
    [['aborted', true]],
  );
  await eventually('the socket is closed', () => bench.providers.requests[0]?.abandoned === true);
});

test('F14: a caller who goes away in the middle leaves a settled row and a closed socket', async () => {
  await using bench = await openWorkbench({ script: [{ text: 'word '.repeat(500), paceMs: 5 }] });
  const signal = new AbortController().signal;
  for await (const event of bench.gateway.stream(request(target('anthropic:claude-sonnet-4-5')), signal))
    if (event.type === 'text-delta') break;
  assert.deepEqual(
    bench.ledger.rows.map(({ status }) => status),
    ['aborted'],
  );
  await eventually('the socket is closed', () => bench.providers.requests[0]?.abandoned === true);
});

test('a stop before the request and a stop while waiting for the next try both end it at once', async () => {
  const early = new AbortController();
  early.abort();
  const late = new AbortController();
  await using bench = await openWorkbench({
    script: () => ({ fault: { kind: 'status', status: 503 } }),
    clock: {
      now: () => Date.now(),
      sleep: (_ms, signal) => {
        late.abort();
        return Promise.reject(signal.reason as Error);
      },
    },
  });
  const before = await bench.ask(request(target('openai:gpt-4o')), early.signal);
  assert.equal(before.failure?.name, 'AbortError');
  assert.equal(bench.providers.requests.length, 0);
  const during = await bench.ask(request(target('openai:gpt-4o')), late.signal);
  assert.equal(during.failure?.name, 'AbortError');
  assert.equal(bench.providers.requests.length, 1);
  assert.deepEqual(
    bench.ledger.rows.map(({ status }) => status),
    ['aborted', 'failed'],
  );
});

test('F1: what one request is told to wait, another to the same model waits too, and a third to another model does not', async () => {
  const limited: Answer = { fault: { kind: 'status', status: 429, headers: { 'retry-after': '30' } } };
  await using bench = await openWorkbench({
    script: ({ number }) => (number <= 4 ? limited : { text: 'Fine.' }),
  });
  await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(bench.waits.length, 3);
  const other = await bench.ask(request(target('openai:gpt-4o-mini')));
  assert.equal(other.events[0]?.type, 'started');
  const same = await bench.ask(request(target('openai:gpt-4o')));
  const [first] = same.events;
  assert.ok(first?.type === 'retrying' && first.afterMs > 25_000 && first.afterMs <= 31_000);
  assert.equal(same.text, 'Fine.');
  const after = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(after.events[0]?.type, 'started');
});

test('F6: an answer without the last word of its wire is cut, except where servers leave it out', async () => {
  for (const [name, code] of [
    ['anthropic:claude-sonnet-4-5', 'provider_stream_cut'],
    ['openai:gpt-5.2', 'provider_stream_cut'],
    ['openai:gpt-4o', undefined],
  ] as const) {
    await using bench = await openWorkbench({
      script: [{ text: 'Words.', fault: { kind: 'unterminated' } }],
    });
    const { failure } = await bench.ask(request(target(name)));
    assert.equal(failure?.code, code, name);
  }
});
