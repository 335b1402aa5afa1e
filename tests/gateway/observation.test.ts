import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { UsageAnswer } from '#protocol/answers.ts';
import type { KeyAnswer, KeysAnswer, NewKeyAnswer } from '#protocol/keys.ts';
import type { RequestsAnswer, RequestStory } from '#protocol/requests.ts';
import type { PerformanceAnswer, TimelineAnswer } from '#protocol/usage-reports.ts';
import { eventually } from '#tests/support/eventually.ts';
import type { Asked } from '#tests/upstreams/index.ts';
import { openCollector, type Collector } from './support/collector.ts';
import { openLiveGateway, type LiveGateway } from './support/live-gateway.ts';

const model = 'openai/gpt-4.1';
const answers = ({ lastUserText }: Asked) =>
  lastUserText.includes('fail')
    ? { fault: { kind: 'status' as const, status: 400, message: 'the =engine is too busy' } }
    : { text: 'An answer for you.', usage: { input: 100, output: 20, cacheRead: 40 } };

let live: LiveGateway;
let collector: Collector;
before(async () => {
  collector = await openCollector();
  const env = { CROSSPOINT_METRICS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  live = await openLiveGateway(env, { script: answers });
});
after(async () => {
  await live[Symbol.asyncDispose]();
  collector.close();
});

const mint = (wish: object) => live.crosspoint.api<NewKeyAnswer>('POST', '/api/keys', wish);

function ask(secret: string, content: string, headers: Record<string, string> = {}, more: object = {}) {
  const body = { model, messages: [{ role: 'user', content }], ...more };
  return live.post('/v1/chat/completions', body, { authorization: `Bearer ${secret}`, ...headers });
}

test('a key opens /v1 and nothing else, and is closed at once here and within 5 s from another process', async () => {
  const { key, secret } = await mint({ name: 'CI', models: [model] });
  assert.equal((await ask(secret, 'hello')).status, 200);
  const other = { model: 'openai/gpt-5.4', messages: [{ role: 'user', content: 'hello' }] };
  const refused = await live.post('/v1/chat/completions', other, { authorization: `Bearer ${secret}` });
  assert.equal(refused.status, 403);
  for (const path of ['/api/keys', '/api/usage', '/metrics']) {
    const answer = await fetch(live.origin + path, { headers: { authorization: `Bearer ${secret}` } });
    assert.equal(answer.status, 401, path);
  }
  const listed = await live.crosspoint.api<KeysAnswer>('GET', '/api/keys');
  assert.ok(!JSON.stringify(listed).includes(secret));
  const { key: revoked } = await live.crosspoint.api<KeyAnswer>('DELETE', `/api/keys/${key.id}`);
  assert.equal(revoked.status, 'revoked');
  assert.equal((await ask(secret, 'hello')).status, 401);

  const { stdout } = await live.crosspoint.command('key', 'create', 'from a terminal', '--expires', '1d');
  const typed = stdout.trim();
  assert.equal((await ask(typed, 'hello')).status, 200);
  const { keys } = await live.crosspoint.api<KeysAnswer>('GET', '/api/keys');
  await live.crosspoint.command(
    'key',
    'revoke',
    keys.find(({ name }) => name === 'from a terminal')?.id ?? '',
  );
  // Another process revoked it: the server hears of that when it next looks.
  await eventually('the key is refused', async () => (await ask(typed, 'hello')).status === 401);
});

test('a request is found by what it was for, with its whole story, and its bodies only when the key says so', async () => {
  const { key, secret } = await mint({ name: 'kept', storeBodies: true });
  const { secret: plain } = await mint({ name: 'not kept' });
  const about = {
    'Helicone-User-Id': 'ann',
    'Helicone-Session-Id': 'session-1',
    'Helicone-Property-Team': '=cmd|evil',
  };
  const asked = await ask(secret, `my key is ${secret}`, about);
  const id = asked.headers.get('helicone-id') ?? '';
  await asked.text();
  const failed = await ask(secret, 'fail please', about);
  assert.equal(failed.status, 400);
  const silent = await ask(plain, 'hello', about);
  await ask(secret, 'hello', { 'Helicone-Omit-Request': 'true' });
  const find = (query: string) => live.crosspoint.api<RequestsAnswer>('GET', `/api/requests?${query}`);
  const team = encodeURIComponent('Team:=cmd|evil');
  assert.deepEqual(
    (await find(`key=${key.id}&user=ann`)).requests.map(({ status }) => status),
    ['failed', 'settled'],
  );
  assert.equal((await find(`property=${team}`)).requests.length, 3);
  assert.equal((await find('error=too%20busy')).requests.length, 1);
  const first = await find(`property=${team}&limit=2`);
  const second = await find(`property=${team}&limit=2&after=${first.next}`);
  assert.deepEqual([first.requests.length, second.requests.length, second.next], [2, 1, null]);

  const story = await live.crosspoint.api<RequestStory>('GET', `/api/requests/${id}`);
  assert.deepEqual(
    [
      story.request.inputTokens,
      story.request.cacheReadTokens,
      story.request.outputTokens,
      story.request.endUser,
    ],
    [100, 40, 20, 'ann'],
  );
  assert.deepEqual(story.request.properties, { team: '=cmd|evil' });
  assert.equal(story.attempts.length, 1);
  assert.match(story.bodies?.request?.body ?? '', /my key is \[redacted\]/);
  assert.match(story.bodies?.response?.body ?? '', /An answer for you/);
  assert.equal(story.bodies?.request?.headers.authorization, '[redacted]');
  const bodiesOf = async (requestId: string | null) =>
    (await live.crosspoint.api<RequestStory>('GET', `/api/requests/${requestId}`)).bodies;
  assert.equal(await bodiesOf(silent.headers.get('helicone-id')), null);
  const omitted = (await find(`key=${key.id}`)).requests[0]?.id ?? '';
  assert.equal((await bodiesOf(omitted))?.request, null);
  assert.notEqual((await bodiesOf(omitted))?.response, null);

  const csv = await (await live.crosspoint.request('GET', `/api/requests.csv?key=${key.id}`)).text();
  assert.equal(csv.split('\r\n').length, 1 + 3 + 1);
  assert.ok(!/(?:^|,)"?[=+@-]/m.test(csv), csv);
  for (const path of readdirSync(live.crosspoint.dataDir, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(?:db|db-wal|log|jsonl)$/.test(path)) continue;
    assert.ok(!readFileSync(join(live.crosspoint.dataDir, path), 'latin1').includes(secret), path);
  }
});

test('usage is told by key, user, session and property, by day, and how fast it was', async () => {
  const { key, secret } = await mint({ name: 'sums' });
  const stream = { stream: true };
  for (const team of ['a', 'a', 'b'])
    await (await ask(secret, 'hello', { 'Helicone-Property-Squad': team }, stream)).text();
  const usage = (query: string) => live.crosspoint.api<UsageAnswer>('GET', `/api/usage?${query}`);
  const byKey = (await usage('groupBy=key')).groups.find((group) => group.key === key.id);
  assert.deepEqual([byKey?.requests, byKey?.inputTokens, byKey?.cacheReadTokens], [3, 300, 120]);
  const bySquad = (await usage('groupBy=property:Squad')).groups;
  assert.deepEqual(
    bySquad.map((group) => [group.key, group.requests]),
    [
      ['a', 2],
      ['b', 1],
    ],
  );
  const filter = `key=${key.id}`;
  const { days } = await live.crosspoint.api<TimelineAnswer>('GET', `/api/usage/timeline?${filter}`);
  assert.deepEqual(
    days.map((day) => [day.provider, day.model, day.requests]),
    [['openai', 'gpt-4.1', 3]],
  );
  const speed = await live.crosspoint.api<PerformanceAnswer>('GET', `/api/usage/performance?${filter}`);
  assert.deepEqual([speed.models[0]?.latencyMs?.count, speed.models[0]?.ttftMs?.count], [3, 3]);
  const wrong = await live.crosspoint.request('GET', '/api/usage?groupBy=colour');
  assert.equal(wrong.status, 400);
  assert.equal((await live.crosspoint.request('GET', '/api/usage/timeline?form=2026-01-01')).status, 400);
});

test('metrics are there for the bearer token alone, and name no key, no user and no request', async () => {
  const { key, secret } = await mint({ name: 'metered' });
  await (await ask(secret, 'hello', { 'Helicone-User-Id': 'nobody-may-see-me' }, { stream: true })).text();
  assert.equal((await fetch(`${live.origin}/metrics`)).status, 401);
  const text = await (await live.crosspoint.request('GET', '/metrics')).text();
  for (const line of [
    /^crosspoint_requests_total\{path="\/v1\/chat\/completions",status="200",code=""\} \d+$/m,
    /^crosspoint_tokens_total\{provider="openai",model="gpt-4\.1",type="cache_read"\} \d+$/m,
    /^crosspoint_attempt_duration_seconds_bucket\{provider="openai",model="gpt-4\.1",le="\+Inf"\} \d+$/m,
    /^crosspoint_time_to_first_token_seconds_count\{/m,
    /^crosspoint_cost_usd_total\{provider="openai",model="gpt-4\.1"\} 0\.\d+$/m,
    /^crosspoint_attempts_running 0$/m,
  ])
    assert.match(text, line);
  for (const secretText of [secret, key.id, 'nobody-may-see-me', live.token])
    assert.ok(!text.includes(secretText), secretText);
});

test('each call is a trace with its attempts, in the conventions for generative AI and without a word of its content', async () => {
  const { secret } = await mint({ name: 'traced' });
  const answer = await ask(secret, 'a word of content', { 'Helicone-Session-Id': 'talk-1' });
  const traceId = (answer.headers.get('helicone-id') ?? '').replaceAll('-', '');
  await answer.text();
  const found = () => collector.spans.filter((span) => span.traceId === traceId);
  await eventually('both spans are exported', () => found().length === 2);
  const [attempt, request] = [...found()].sort((left) => (left.name.startsWith('chat') ? -1 : 1));
  assert.equal(attempt?.name, 'chat gpt-4.1');
  assert.equal(request?.name, 'POST /v1/chat/completions');
  assert.equal(attempt?.parentSpanId, request?.spanId);
  const values = Object.fromEntries(
    (attempt?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
  );
  assert.equal(values['gen_ai.operation.name'], 'chat');
  assert.equal(values['gen_ai.provider.name'], 'openai');
  assert.equal(values['gen_ai.conversation.id'], 'talk-1');
  assert.equal(Number(values['gen_ai.usage.input_tokens']), 100);
  assert.equal(Number(values['gen_ai.usage.cache_read.input_tokens']), 40);
  const all = collector.texts.join('');
  for (const word of ['a word of content', 'An answer for you', secret, live.token])
    assert.ok(!all.includes(word), word);
});
