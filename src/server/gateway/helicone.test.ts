import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeliconeTrouble } from '#tests/upstreams/index.ts';
import { continued, openWorkbench, request, says, target } from './testing/workbench.ts';

const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'groq:openai/gpt-oss-120b',
  'openrouter:anthropic/claude-sonnet-4.5',
];

const troubles: [string, HeliconeTrouble | 'stopped'][] = [
  ['connections are refused', 'stopped'],
  ['the connection is reset', 'reset'],
  ['a worker error', { status: 500 }],
  [
    'a page of the network before it',
    { status: 502, headers: { 'helicone-error': '' }, body: 'Bad gateway' },
  ],
  ['its own rate limit', { status: 429, headers: { 'x-helicone-error': 'rate_limited' } }],
  ['a refused Helicone key', { status: 401 }],
];

for (const name of models) {
  test(`over the proxy Helicone is told who asks, and the provider is told nothing of it: ${name}`, async () => {
    await using bench = await openWorkbench({ helicone: 'proxy' });
    const properties = { 'Task Kind': 'fix\nbug' };
    const context = { ...request(target(name)).context, properties };
    const { finished, failure } = await bench.ask(request(target(name), { context }));
    assert.ifError(failure);
    const [atHelicone, atProvider] = bench.providers.requests;
    assert.equal(atHelicone?.provider, 'helicone');
    const { headers } = atHelicone;
    assert.equal(headers['helicone-auth'], `Bearer ${bench.providers.helicone.key}`);
    assert.equal(headers['helicone-user-id'], 'ann');
    assert.equal(headers['helicone-session-id'], 'thread-1');
    assert.equal(headers['helicone-session-name'], 'Gr%C3%B6%C3%9Fe %E4%B8%96%E7%95%8C');
    assert.equal(headers['helicone-session-path'], '/agent');
    assert.equal(headers['helicone-property-run'], 'run-1');
    assert.equal(headers['helicone-property-task-kind'], 'fix bug');
    assert.match(headers['helicone-request-id'] ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.deepEqual(
      Object.keys(atProvider?.headers ?? {}).filter((header) => header.startsWith('helicone')),
      [],
    );
    assert.equal(finished?.usage.route, 'helicone-proxy');
    assert.deepEqual(bench.providers.refusals, []);
  });

  test(`without Helicone no header of it reaches a provider: ${name}`, async () => {
    await using bench = await openWorkbench();
    await bench.ask(request(target(name)));
    assert.equal(bench.providers.requests.length, 1);
    const [{ headers = {} } = {}] = bench.providers.requests;
    assert.ok(!Object.keys(headers).some((header) => header.startsWith('helicone')));
  });

  for (const [what, trouble] of troubles)
    test(`when Helicone itself fails (${what}) the provider is asked directly, visibly: ${name}`, async () => {
      await using bench = await openWorkbench({ helicone: 'proxy' });
      if (trouble === 'stopped') await bench.providers.helicone.stop();
      else bench.providers.helicone.trouble = trouble;
      const { events, finished, failure } = await bench.ask(request(target(name)));
      assert.ifError(failure);
      const notices = events.flatMap((event) => (event.type === 'notice' ? [event] : []));
      assert.equal(notices[0]?.code, 'helicone_bypassed');
      assert.equal(finished?.usage.route, 'direct');
      assert.deepEqual(
        bench.ledger.rows.map(({ route, status, attempt }) => [route, status, attempt]),
        [
          ['helicone-proxy', 'failed', 1],
          ['direct', 'settled', 2],
        ],
      );
      const again = await bench.ask(request(target(name)));
      assert.equal(again.events[0]?.type, 'notice');
      assert.equal(again.finished?.usage.attempt, 1);
    });
}

for (const name of ['openai:gpt-4o', 'openai:gpt-5.2', 'anthropic:claude-sonnet-4-5'])
  test(`the unified gateway gets Helicone's key alone and the model under its name: ${name}`, async () => {
    await using bench = await openWorkbench({ helicone: 'gateway', withoutKey: ['openai', 'anthropic'] });
    const to = target(name, name.includes('claude') ? { heliconeModel: 'claude-4.5-sonnet' } : {});
    const { finished, failure } = await bench.ask(request(to));
    assert.ifError(failure);
    const [{ headers = {}, body = {} } = {}] = bench.providers.requests;
    assert.equal(headers.authorization, `Bearer ${bench.providers.helicone.key}`);
    assert.equal(headers['helicone-session-id'], 'thread-1');
    assert.doesNotMatch(JSON.stringify(headers), /sk-emulated/);
    assert.match(String(body.model), /^(gpt-4o|gpt-5\.2)\/openai$|^claude-4\.5-sonnet\/anthropic$/);
    assert.equal(finished?.usage.route, 'helicone-gateway');
  });

test('a Claude conversation with thinking moves between the unified gateway and the direct route', async () => {
  const script = [0, 1, 2, 3].map((step) => ({
    reasoning: `Thought ${step}.`,
    calls: step < 3 ? [{ name: 'read_file', args: { path: `${step}` } }] : [],
    text: step < 3 ? '' : 'Done.',
  }));
  await using unified = await openWorkbench({ helicone: 'gateway', script });
  await using direct = await openWorkbench({ script: script.slice(1) });
  const to = target('anthropic:claude-sonnet-4-5');
  const settings = { reasoningEffort: 'high' as const };
  const first = await unified.ask(request(to, { settings, messages: [says('Go.')] }));
  assert.ok(first.finished);
  const messages = [says('Go.'), ...continued(first.finished)];
  const second = await direct.ask(request(to, { settings, messages }));
  assert.ifError(second.failure);
  assert.ok(second.finished);
  const third = await unified.ask(
    request(to, { settings, messages: [...messages, ...continued(second.finished)] }),
  );
  assert.ifError(third.failure);
  assert.deepEqual([...unified.providers.refusals, ...direct.providers.refusals], []);
  const [part] = third.finished?.parts ?? [];
  assert.equal(part?.type === 'reasoning' && part.text, 'Thought 1.');
});

test('the unified gateway cannot name a model with a slash: the proxy takes it, and without a key nothing is sent', async () => {
  await using bench = await openWorkbench({ helicone: 'gateway', withoutKey: ['groq'] });
  const routed = await bench.ask(request(target('openrouter:anthropic/claude-sonnet-4.5')));
  assert.equal(routed.finished?.usage.route, 'helicone-proxy');
  const refused = await bench.ask(request(target('groq:openai/gpt-oss-120b')));
  assert.equal(refused.failure?.code, 'model_unavailable');
  assert.equal(bench.ledger.rows.length, 1);
});

test('with the bypass off Helicone’s failure is the answer, and names Helicone', async () => {
  await using bench = await openWorkbench({ helicone: 'proxy', bypass: false });
  bench.providers.helicone.trouble = { status: 500 };
  const { failure } = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(failure?.code, 'provider_overloaded');
  assert.match(failure?.message ?? '', /^Helicone/);
  assert.ok(bench.ledger.rows.every(({ route }) => route === 'helicone-proxy'));
  bench.providers.helicone.trouble = { status: 401 };
  const refused = await bench.ask(request(target('openai:gpt-4o')));
  assert.match(refused.failure?.message ?? '', /Helicone refused the key\. Check HELICONE_API_KEY/);
});

test('a failure of the provider behind Helicone is the provider’s, and goes round nothing', async () => {
  for (const helicone of ['proxy', 'gateway'] as const)
    for (const [status, code] of [
      [400, 'provider_bad_request'],
      [403, 'provider_forbidden'],
      [404, 'provider_model_not_found'],
    ] as const) {
      await using bench = await openWorkbench({ helicone, script: [{ fault: { kind: 'status', status } }] });
      const { failure, events } = await bench.ask(request(target('openai:gpt-4o')));
      assert.equal(failure?.code, code, `${helicone} ${status}`);
      assert.ok(!events.some(({ type }) => type === 'notice'));
    }
});

test('a stream that Helicone cuts after words is not sent again another way', async () => {
  await using bench = await openWorkbench({
    helicone: 'proxy',
    script: [{ text: 'Some words.', fault: { kind: 'cut', after: 'text', how: 'reset' } }],
    chunking: 'events',
  });
  const { failure, events } = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(failure?.code, 'provider_stream_cut');
  assert.ok(!events.some(({ type }) => type === 'notice'));
});

test('Helicone is asked again once it has had its pause, and stays in use when it works', async () => {
  await using bench = await openWorkbench({ helicone: 'proxy', deadlineScale: 0.05 });
  bench.providers.helicone.trouble = { status: 500 };
  await bench.ask(request(target('openai:gpt-4o')));
  bench.providers.helicone.trouble = null;
  let route = 'direct';
  for (let tries = 0; route === 'direct' && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    route = (await bench.ask(request(target('openai:gpt-4o')))).finished?.usage.route ?? '';
  }
  assert.equal(route, 'helicone-proxy');
});

test('an answer over Helicone that ends well brings Helicone back at once', async () => {
  await using bench = await openWorkbench({
    helicone: 'proxy',
    script: ({ number }) => ({
      text: number === 1 ? 'slow '.repeat(20) : 'quick',
      paceMs: number === 1 ? 5 : 0,
    }),
  });
  const slow = bench.gateway.stream(request(target('openai:gpt-4o')), new AbortController().signal);
  let isFailing = false;
  for await (const event of slow) {
    if (event.type !== 'text-delta' || isFailing) continue;
    isFailing = true;
    bench.providers.helicone.trouble = { status: 500 };
    const bypassed = await bench.ask(request(target('openai:gpt-4o')));
    assert.equal(bypassed.finished?.usage.route, 'direct');
    bench.providers.helicone.trouble = null;
  }
  const after = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(after.finished?.usage.route, 'helicone-proxy');
});
