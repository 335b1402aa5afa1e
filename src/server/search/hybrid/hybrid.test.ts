import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { EmbeddingCall } from '#server/gateway/embeddings/types.ts';
import { hashVector } from '#tests/support/embeddings/server.ts';
import { openHybrid } from './open-hybrid.ts';
import { ownSource, type SourceFile } from './own-source.ts';

const never = new AbortController().signal;

/** Two words for each number that have nothing in common. */
const animal = (number: number) => `animal${letter(number >> 3)}${letter(number & 7)}`;
const name = (number: number) => `${letter(number & 7)}quark${letter(number >> 3)}`;
const letter = (number: number) => 'bcdfghjk'[number] as string;

/** Functions whose names say nothing of what their comment says. */
const sample: SourceFile[] = Array.from({ length: 40 }, (_each, number) => ({
  path: `src/${name(number)}.ts`,
  text: `/** Finds the ${animal(number)} of the large garden outside. */
export function ${name(number)}(given: string[]): number {
  const result = given.map((each) => each.length).filter((each) => each > ${number});
  return result.reduce((sum, each) => sum + each, ${number * 7});
}
`,
}));

async function openBench(vectorOf: (text: string) => number[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'crosspoint-hybrid-'));
  const settings = new Map<string, string>();
  const calls: EmbeddingCall[] = [];
  const open = (model = 'test/vectors') =>
    openHybrid({
      model,
      dataDir,
      ownerId: 'owner',
      settings: {
        get: (key) => Promise.resolve(settings.get(key) ?? null),
        set: (key, value) => Promise.resolve(void settings.set(key, value)),
      },
      logger: { info: () => undefined, warn: () => undefined },
      embeddings: {
        embed: (call) => {
          calls.push(call);
          const vectors = call.inputs.map(vectorOf);
          return Promise.resolve({ vectors, provider: 'test', model: 'vectors', usage: {} as never });
        },
      },
    });
  return {
    open,
    calls,
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }),
  };
}

/** A model that knows what each function is for. */
function knowing(text: string): number[] {
  const number = sample.findIndex((_each, at) => text.includes(animal(at)) || text.includes(name(at)));
  return hashVector(`meaning${number}`, 64);
}

test('a model that finds more than words is used from the next start on, and costs nothing twice', async () => {
  await using bench = await openBench(knowing);
  const first = await bench.open();
  assert.deepEqual([first.space, first.vectors, first.verdict], [null, null, null]);
  const verdict = await first.measure(never, sample);
  assert.equal(verdict.gain, true);
  assert.equal(verdict.queries, 40);
  assert.ok(verdict.hybrid.mrr > verdict.words.mrr + 0.2);
  assert.equal(first.vectors, null);
  await first.close();
  const asked = bench.calls.length;
  const next = await bench.open();
  assert.deepEqual(next.verdict, verdict);
  assert.equal(next.space?.dimensions, 64);
  assert.ok(next.vectors);
  await next.measure(never, sample);
  assert.equal(bench.calls.length, asked);
  await next.close();
  const other = await bench.open('test/another');
  assert.deepEqual([other.verdict, other.vectors], [null, null]);
  await other.close();
});

test('a model that finds no more than words stays off', async () => {
  await using bench = await openBench((text) => hashVector(String(text.length), 64));
  const first = await bench.open();
  const named = sample.map(({ path, text }, at) => ({ path, text: text.replace(animal(at), name(at)) }));
  assert.equal((await first.measure(never, named)).gain, false);
  await first.close();
  const next = await bench.open();
  assert.equal(next.verdict?.gain, false);
  assert.deepEqual([next.space, next.vectors], [null, null]);
  await next.close();
});

test('nothing of the comment is in what is searched, and the question is not asked as a document', async () => {
  await using bench = await openBench(knowing);
  const hybrid = await bench.open('ollama/nomic-embed-text');
  await hybrid.measure(never, sample.slice(0, 3));
  const texts = bench.calls.flatMap(({ inputs }) => inputs);
  const documents = texts.filter((text) => text.startsWith('search_document: '));
  const queries = texts.filter((text) => text.startsWith('search_query: '));
  assert.equal(documents.length + queries.length, texts.length);
  assert.ok(documents.length >= 3 && documents.every((text) => !text.includes('garden')));
  assert.ok(queries.length === 3 && queries.every((text) => text.includes('garden')));
  await hybrid.close();
});

test('a model that does not answer is measured another time', async () => {
  await using bench = await openBench(() => {
    throw new CrosspointError('provider_unreachable', { provider: 'Test' });
  });
  const hybrid = await bench.open();
  await hybrid.measureOnce(never);
  assert.equal(hybrid.verdict, null);
  await hybrid.close();
});

test('the sample is the same in each run and no larger than it has to be', () => {
  const files = ownSource(50_000);
  assert.deepEqual(files, ownSource(50_000));
  const size = files.reduce((sum, { text }) => sum + text.length, 0);
  assert.ok(files.length > 3 && size >= 50_000 && size < 80_000);
});
