import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdmissions } from '#server/gateway/limits/admissions.ts';
import type { LimitSettings } from '#server/gateway/limits/settings.ts';
import { openLimitStore } from '#server/gateway/limits/sqlite-limit-store.ts';
import { noLimits } from '#server/gateway/testing/limited-call.ts';
import { ManualClock } from '#server/gateway/testing/manual-clock.ts';
import type { Answer } from '#tests/upstreams/index.ts';
import { openPublicGateway, small } from './support/public-gateway.ts';

/** What a call of `/v1` holds of the limits of the providers that it goes through, to the token. Time stands still. */

type Providers = LimitSettings['providers'];

const [groq, anthropic] = ['groq/openai/gpt-oss-120b', 'anthropic/claude-sonnet-4-5'];
const chain = `${groq},${anthropic}`;
/** Inside a 200, so that the request was read and is billed. */
const broken: Answer = { text: 'never', fault: { kind: 'error-event', after: 'preamble', status: 529 } };

async function limited(providers: Providers, script: (provider: string) => Answer) {
  const store = openLimitStore({ path: ':memory:', clock: new ManualClock() });
  const admissions = createAdmissions({ store, settings: () => ({ ...noLimits, providers }) });
  const bench = await openPublicGateway({ admissions, script: ({ provider }) => script(provider) });
  /** Tokens that a provider's minute has given out, of a quota. */
  const taken = async (provider: string, quota: number) => {
    const rate = { quota, windowMs: 60_000, text: `${quota}/min` };
    const { tokens } = await store.take(`provider:${provider}:tokens`, rate, { amount: 0, atLeast: 0 });
    return Math.round(quota - tokens);
  };
  const close = async () => {
    await bench[Symbol.asyncDispose]();
    store.close();
  };
  return { bench, taken, [Symbol.asyncDispose]: close };
}

test('each provider of a chain counts the tokens that were used there, and no others', async () => {
  const quota = 1_000_000;
  const limit = { tokensPerMinute: quota };
  await using gateway = await limited({ groq: limit, anthropic: limit }, (provider) =>
    provider === 'groq' ? broken : { text: 'Fine.', usage: { input: 100, output: 20 } },
  );
  const { path, body } = small('openai-chat', chain, true);
  const response = await gateway.bench.post(path, body);
  assert.match(await response.text(), /Fine/);
  const rows = await gateway.bench.rows();
  const usedAt = (name: string) =>
    rows
      .filter(({ provider }) => provider === name)
      .reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
  assert.equal(usedAt('anthropic'), 120);
  assert.ok(usedAt('groq') > 0, 'what failed inside its answer was read');
  assert.equal(await gateway.taken('anthropic', quota), 120);
  assert.equal(await gateway.taken('groq', quota), usedAt('groq'));
});

test('a provider from which a call has moved on has its place free at once, while the call still runs elsewhere', async () => {
  let asked = 0;
  const long = Array.from({ length: 2_000 }, (_, at) => `word${at}`).join(' ');
  await using gateway = await limited({ groq: { concurrency: 1 }, anthropic: { concurrency: 1 } }, (name) => {
    if (name === 'anthropic') return { text: long, paceMs: 100 };
    return (asked += 1) === 1 ? broken : { text: 'Free again.' };
  });
  const moving = small('openai-chat', chain, true);
  const response = await gateway.bench.post(moving.path, moving.body);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const ask = async (model: string) => {
    const { path, body } = small('openai-chat', model, false);
    const answer = await gateway.bench.post(path, body);
    return { status: answer.status, text: await answer.text() };
  };
  const there = await ask(anthropic);
  assert.equal(there.status, 429, 'it still runs there');
  const left = await ask(groq);
  assert.equal(left.status, 200, left.text);
  await reader.cancel();
});

test('a target of Helicone-Fallbacks that does not move on after 429 tells of the limit instead', async () => {
  await using gateway = await limited({ groq: { tokensPerMinute: 1 } }, () => ({ text: 'Fine.' }));
  const { bench } = gateway;
  const { path, body } = small('openai-chat', groq, false);
  assert.equal((await bench.post(path, body)).status, 200);
  const target = (name: 'groq' | 'anthropic', onCodes: number[]) => ({
    'target-url': bench.providers[name].baseUrl,
    onCodes,
    ...(name === 'anthropic' ? { bodyKeyOverride: { model: 'claude-sonnet-4-5' } } : {}),
  });
  const statusWith = async (onCodes: number[]) => {
    const targets = [target('groq', onCodes), target('anthropic', [])];
    const response = await bench.post(path, body, { 'Helicone-Fallbacks': JSON.stringify(targets) });
    await response.text();
    return [response.status, response.headers.get('helicone-provider')];
  };
  assert.deepEqual(await statusWith([500]), [429, null]);
  assert.deepEqual(await statusWith([429]), [200, 'anthropic']);
});
