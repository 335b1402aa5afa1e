import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewEvent } from '#protocol/events.ts';
import { openStore } from '#server/store/open-store.ts';
import { DeltaBatch } from './delta-batch.ts';
import { createEventLog } from './log.ts';
import type { EventLog } from './log.types.ts';

async function withLog(work: (log: EventLog) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-log-'));
  const store = await openStore(dir);
  try {
    await work(createEventLog(store));
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const notice = (text: string): NewEvent => ({ type: 'notice', data: { code: 'n', message: text } });

async function read(log: EventLog, afterId: number, count: number): Promise<number[]> {
  const stop = new AbortController();
  const ids: number[] = [];
  for await (const event of log.subscribe('t', afterId, stop.signal)) {
    ids.push(event.id);
    if (ids.length === count) stop.abort();
  }
  return ids;
}

test('readers that join at any moment see every later event once and in order (I8)', () =>
  withLog(async (log) => {
    const total = 120;
    const readers: Promise<number[]>[] = [];
    for (let index = 0; index < total; index++) {
      if (index % 10 === 0) readers.push(read(log, Math.floor(index / 2), total - Math.floor(index / 2)));
      await log.commit('t', [notice(String(index))]);
    }
    for (const [position, ids] of (await Promise.all(readers)).entries()) {
      const from = Math.floor((position * 10) / 2);
      assert.deepEqual(
        ids,
        Array.from({ length: total - from }, (_, index) => from + index + 1),
      );
    }
  }));

test('commits at the same time reach a reader without a gap', () =>
  withLog(async (log) => {
    const reading = read(log, 0, 60);
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => log.commit('t', [notice(`${index}a`), notice(`${index}b`)])),
    );
    assert.deepEqual(
      await reading,
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
  }));

test('an aborted reader ends, also while it waits', () =>
  withLog(async (log) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    for await (const event of log.subscribe('t', 0, stop.signal)) assert.fail(String(event.id));
  }));

test('the deltas sum up to the text, in order, in few events', async () => {
  const written: NewEvent[] = [];
  const batch = new DeltaBatch('m', async (events) => written.push(...events));
  let text = '';
  for (let index = 0; index < 200; index++) {
    batch.add(index % 50 === 0 ? 'reasoning.delta' : 'message.delta', `${index} `);
    text += `${index} `;
    if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
  }
  await batch.flush();
  assert.equal(written.map((event) => (event.data as { text: string }).text).join(''), text);
  assert.ok(written.length < 20, `${written.length} events`);
});

test('a write that failed is told to the one who flushes', async () => {
  const batch = new DeltaBatch('m', () => Promise.reject(new Error('disk')));
  batch.add('message.delta', 'x');
  await assert.rejects(batch.flush(), /disk/);
});
