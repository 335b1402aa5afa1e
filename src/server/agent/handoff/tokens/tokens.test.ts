import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { PromptMessage, Target } from '#server/gateway/types.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { TokenCounter } from './token-counter.ts';

function settings(): SettingsStore {
  const values = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(values.get(key) ?? null),
    set: (key, value) => Promise.resolve(void values.set(key, value)),
    getSecret: () => Promise.resolve(null),
    setSecret: () => Promise.resolve(),
  };
}

const target = (provider: string, model: string): Target => ({
  provider,
  model,
  wire: 'openai-chat',
  cost: { input: 1, output: 2 },
  contextWindow: 100_000,
  maxOutput: 8_000,
  capabilities: { tools: true, images: true, reasoning: false, temperature: true },
});
const claude = target('anthropic', 'claude-sonnet-4-6');
const gpt = target('openai', 'gpt-5.4');
const fixed = { system: 'You are an agent.', tools: [] };
const words = (text: string): PromptMessage[] => [{ role: 'user', parts: [{ type: 'text', text }] }];
const prose = 'The quick brown fox jumps over the lazy dog near the river bank. '.repeat(100);

test('what a provider reported corrects the counts for its model, and no other, and outlives a restart', async () => {
  const kept = settings();
  const counter = new TokenCounter(kept);
  await counter.load();
  const raw = counter.count(words(prose), claude, fixed).tokens;
  await counter.learn(words(prose), claude, fixed, Math.round(raw * 1.3));
  const other = target('anthropic', 'claude-opus-4-8');
  assert.ok(Math.abs(counter.count(words(prose), claude, fixed).tokens / raw - 1.3) < 0.01);
  assert.equal(counter.count(words(prose), other, fixed).tokens, raw);
  const next = new TokenCounter(kept);
  await next.load();
  assert.ok(Math.abs(next.count(words(prose), claude, fixed).tokens / raw - 1.3) < 0.01);
});

test('a report that cannot be of this request, or of a small one, teaches nothing', async () => {
  const counter = new TokenCounter(settings());
  const raw = counter.count(words(prose), claude, fixed).tokens;
  for (const reported of [0, 3, raw * 10, NaN]) await counter.learn(words(prose), claude, fixed, reported);
  await counter.learn(words('Hello.'), claude, fixed, 12);
  assert.equal(counter.count(words(prose), claude, fixed).tokens, raw);
});

test("OpenAI's models are estimated until their tokenizer is loaded, and then counted; its special words are text", async () => {
  const counter = new TokenCounter(settings());
  const text = `<|endoftext|> ${'hello world '.repeat(1_000)}`;
  const before = counter.count(words(text), gpt, fixed);
  assert.deepEqual([before.estimated, before.tokenizer], [true, 'estimate']);
  await counter.prepare(gpt);
  const now = counter.count(words(text), gpt, fixed);
  assert.deepEqual([now.estimated, now.tokenizer], [false, 'o200k_base']);
  assert.ok(Math.abs(now.tokens - 2_020) < 20, `${now.tokens}`);
  assert.equal(counter.count(words(text), claude, fixed).tokenizer, 'estimate');
  assert.equal(
    counter.count(words(text), target('groq', 'openai/gpt-oss-120b'), fixed).tokenizer,
    'o200k_base',
  );
});

test('images and other scripts count: a picture is no base64 text, and a Chinese sign about one token', () => {
  const counter = new TokenCounter(settings());
  const image = { type: 'image' as const, mediaType: 'image/png', data: 'A'.repeat(400_000) };
  const seen = counter.count([{ role: 'user', parts: [image] }], claude, fixed).tokens;
  assert.ok(seen > 1_000 && seen < 2_000, `${seen}`);
  const chinese = counter.count(words('漢字'.repeat(1_000)), claude, fixed).tokens;
  assert.ok(chinese > 1_400 && chinese < 2_600, `${chinese}`);
});

test('a text without spaces, and one that takes long, are counted in bounded time: the rest is exact a moment later', async () => {
  const counter = new TokenCounter(settings());
  await counter.prepare(gpt);
  const hard = Array.from({ length: 400 }, (_none, index) =>
    words(`${index}${'漢字の'.repeat(2_000)}`),
  ).flat();
  const first = counter.count(hard, gpt, fixed);
  assert.equal(first.estimated, true);
  let now = first;
  while (now.estimated) {
    await new Promise((resolve) => setImmediate(resolve));
    now = counter.count(hard, gpt, fixed);
  }
  assert.ok(Math.abs(now.tokens / first.tokens - 1) < 0.1, `${first.tokens} and ${now.tokens}`);
});
