import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SseParser } from '../sse.ts';
import { target } from '../testing/workbench.ts';
import type { Target } from '../types.ts';
import { modelEndpoints } from '../v1/endpoints.ts';
import { wires } from '../wires/index.ts';
import { PassingStream } from './event-stream.ts';

/** What passes through is priced by what is seen of it: that must be what the wire's own reader reads. */

const folder = new URL('../../../../tests/recordings/', import.meta.url);

function targetOf(name: string): Target {
  if (name.startsWith('anthropic')) return target('anthropic:claude-sonnet-4-5');
  if (name.startsWith('openai-responses')) return target('openai:gpt-5.2');
  const dialect = { reasoningDetails: true, declaredCost: true };
  return target('openai:gpt-4o', name.startsWith('openrouter') ? { dialect } : {});
}

function readUsage(to: Target, bytes: Buffer) {
  const reader = wires[to.wire].reader(to, to.dialect ?? {});
  try {
    for (const event of new SseParser(to.provider).push(bytes)) reader.push(event);
  } catch {
    // The recordings that end in an error: what was told before it counts.
  }
  return reader.partial().usage ?? null;
}

function seenUsage({ wire, provider, dialect = {} }: Target, bytes: Buffer, size: number) {
  const endpoint = modelEndpoints.find((each) => each.wire === wire && each.kind === 'answer');
  assert.ok(endpoint);
  const stream = new PassingStream(endpoint.watch({ dialect, ownUsage: false }), provider);
  for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size));
  stream.end();
  return stream.seen.usage;
}

const names = readdirSync(folder).filter((name) => name.endsWith('.sse'));

for (const name of names)
  test(`the bytes that pass tell the same usage as the reader of their wire: ${name}`, () => {
    const to = targetOf(name);
    const bytes = readFileSync(new URL(name, folder));
    const read = readUsage(to, bytes);
    for (const size of [bytes.length, 61, 7]) assert.deepEqual(seenUsage(to, bytes, size), read);
  });

test('the recordings have usage on every wire, and one with what a cache keeps for an hour', () => {
  const all = names.map((name) => {
    const to = targetOf(name);
    return { wire: to.wire, usage: readUsage(to, readFileSync(new URL(name, folder))) };
  });
  for (const wire of Object.keys(wires)) assert.ok(all.some((each) => each.wire === wire && each.usage));
  assert.ok(all.some(({ usage }) => (usage?.longCacheWriteTokens ?? 0) > 0));
});
