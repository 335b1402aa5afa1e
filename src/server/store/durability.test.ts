import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';
import { commitNumber } from './testing/sample-rows.ts';

const child = join(import.meta.dirname, 'testing/commit-child.ts');

async function withDirectory(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-durability-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function reading<Result>(dir: string, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(dir);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Every transaction is there whole or not at all, in order and without a hole. Gives how many there are. */
async function wholeCommits(store: Store): Promise<number> {
  const messages = await store.messages.list('t');
  const events = await store.events.list('t', 0, 1_000_000);
  assert.deepEqual(
    messages.map(({ id }) => id),
    messages.map((_message, index) => `m${index + 1}`),
  );
  assert.deepEqual(
    events.map(({ id }) => id),
    messages.flatMap((_message, index) => [1, 2, 3].map((id) => 3 * index + id)),
  );
  for (const [index, { parts }] of messages.entries()) {
    const [part] = parts;
    const [left, right, end] = events.slice(3 * index, 3 * index + 3);
    assert.ok(part?.type === 'text' && left?.type === 'message.delta' && right?.type === 'message.delta');
    assert.equal(left.data.text + right.data.text, part.text);
    assert.ok(end?.type === 'run.finished' && end.data.response === part.text);
  }
  return messages.length;
}

/** Runs the child until it has told some commits and a random while more, kills it, and gives the last it told. */
async function killedAfter(dir: string, milliseconds: number): Promise<number> {
  const writer = spawn(process.execPath, [child, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  await once(writer.stdout, 'data');
  await sleep(milliseconds);
  writer.kill('SIGKILL');
  await once(writer, 'close');
  const numbers = told.slice(0, told.lastIndexOf('\n')).split('\n');
  return Number(numbers.at(-1));
}

test('what was acknowledged before kill -9 is there after it, 30 times in a row (F16)', () =>
  withDirectory(async (dir) => {
    let before = 0;
    for (let kill = 0; kill < 30; kill += 1) {
      const told = await killedAfter(dir, Math.random() * 60);
      const found = await reading(dir, wholeCommits);
      assert.ok(told > before, `kill ${kill}: the child went on from ${before} to ${told}`);
      assert.ok(found === told || found === told + 1, `kill ${kill}: ${told} acknowledged, ${found} found`);
      before = found;
    }
  }));

/** https://sqlite.org/fileformat2.html#the_write_ahead_log */
const walHeader = 32;
const frameHeader = 24;
const pageSize = 4096;

test('a log that power loss cut at any frame, or within one, is a prefix of whole transactions (F18)', () =>
  withDirectory(async (dir) => {
    const [source, copy] = [join(dir, 'source'), join(dir, 'copy')];
    await reading(source, async () => {});
    const writer = await openStore(source);
    const commits = 12;
    for (let number = 1; number <= commits; number += 1) await commitNumber(writer, number);
    const wal = readFileSync(join(source, 'crosspoint.db-wal'));
    mkdirSync(copy);
    copyFileSync(join(source, 'master.key'), join(copy, 'master.key'));
    const frames = Math.floor((wal.length - walHeader) / (frameHeader + pageSize));
    assert.ok(frames > commits, `${frames} frames`);
    const found: number[] = [];
    for (let frame = 0; frame <= frames; frame += 1) {
      const cut = walHeader + frame * (frameHeader + pageSize) + (frame % 2 ? 0 : (frame * 37) % pageSize);
      rmSync(join(copy, 'crosspoint.db-shm'), { force: true });
      copyFileSync(join(source, 'crosspoint.db'), join(copy, 'crosspoint.db'));
      writeFileSync(join(copy, 'crosspoint.db-wal'), wal.subarray(0, cut));
      found.push(await reading(copy, wholeCommits));
    }
    await writer.close();
    assert.deepEqual(
      found,
      found.toSorted((left, right) => left - right),
    );
    assert.deepEqual(
      [...new Set(found)],
      Array.from({ length: commits + 1 }, (_, index) => index),
    );
  }));

test('a damaged file is refused with a copy kept, once, and nothing is started empty (F21)', () =>
  withDirectory(async (dir) => {
    await reading(dir, async (store) => {
      for (let number = 1; number <= 30; number += 1) await commitNumber(store, number);
    });
    const path = join(dir, 'crosspoint.db');
    const whole = readFileSync(path);
    const damages: [string, (bytes: Buffer) => void][] = [
      ['the header', (bytes) => bytes.fill(7, 0, 16)],
      ['a page in the middle', (bytes) => bytes.fill(0xff, 20 * pageSize, 21 * pageSize)],
      ['every page but the first', (bytes) => bytes.fill(0, pageSize)],
    ];
    for (const [name, damage] of damages) {
      const bytes = Buffer.from(whole);
      damage(bytes);
      writeFileSync(path, bytes);
      const copies = new Set<string>();
      for (let start = 0; start < 2; start += 1) {
        await assert.rejects(openStore(dir), (cause: Error) => {
          const copy = /A copy is kept in (\S+)\. Restore a backup/.exec(cause.message)?.[1] ?? '';
          assert.ok(existsSync(copy) && readFileSync(copy).equals(bytes), `${name}: ${cause.message}`);
          copies.add(copy);
          return true;
        });
      }
      assert.equal(copies.size, 1, `${name}: one copy`);
      assert.ok(readFileSync(path).equals(bytes), `${name}: the file itself is left as it is`);
    }
    writeFileSync(path, whole);
    assert.equal(await reading(dir, wholeCommits), 30);
  }));
