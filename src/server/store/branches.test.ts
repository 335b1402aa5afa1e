import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NewEvent } from '#protocol/events.ts';
import { branchesBelow, commonSeq, cutPath, forksOn, isOnPath, pathTo } from './branch-path.ts';
import { openStore } from './open-store.ts';
import type { Branch, StoreTables } from './store.ts';
import { at, messageRow, runRow, threadRow } from './testing/sample-rows.ts';

async function withStore(work: (store: StoreTables, dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-branches-'));
  const store = await openStore(dir);
  try {
    await store.threads.create(threadRow('t'));
    await work(store, dir);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

/** A message and an event after it, as one commit. */
const say = (store: StoreTables, text: string) =>
  store.transaction(async (inside) => {
    await inside.messages.append(messageRow(text, [{ type: 'text', text }]));
    await note(inside, `after ${text}`);
  });
const note = (store: StoreTables, code: string) =>
  store.events.append('t', [{ type: 'notice', data: { code, message: '' } } satisfies NewEvent]);
const fork = (store: StoreTables, parentId: number, afterSeq: number) =>
  store.transaction((inside) => inside.branches.add('t', { parentId, afterSeq, createdAt: at }));
const ids = async (store: StoreTables, options?: { afterSeq?: number }) =>
  (await store.messages.list('t', options)).map(({ id }) => id);

async function notesOn(store: StoreTables, branch: number): Promise<[string, number][]> {
  const path = pathTo(await store.branches.list('t'), branch);
  const notes = await store.events.listOfTypes('t', ['notice'], { path });
  return notes.flatMap(({ event, afterSeq }) =>
    event.type === 'notice' ? [[event.data.code, afterSeq]] : [],
  );
}

test('what is appended goes to the active branch, and what is read is its way from the beginning', () =>
  withStore(async (store) => {
    for (const text of ['one', 'two', 'three']) await say(store, text);
    assert.equal(await fork(store, 0, 1), 1);
    await store.transaction((inside) => note(inside, 'begins'));
    await say(store, 'other two');
    assert.deepEqual(await ids(store), ['one', 'other two']);
    assert.deepEqual(await ids(store, { afterSeq: 1 }), ['other two']);
    assert.equal(await fork(store, 1, 4), 2);
    await say(store, 'other three');
    assert.deepEqual(await ids(store), ['one', 'other two', 'other three']);
    await store.threads.update('local', 't', { branch: 0 });
    await say(store, 'four');
    assert.deepEqual(await ids(store), ['one', 'two', 'three', 'four']);
    assert.deepEqual(await ids(store, { afterSeq: 3 }), ['four']);
    assert.deepEqual(
      (await store.messages.list('t')).map(({ seq }) => seq),
      [1, 2, 3, 6],
    );
    assert.deepEqual(await store.messages.place('t', 'other three'), { branch: 2, seq: 5 });
    assert.equal(await store.messages.place('another', 'other three'), null);
  }));

test('a line of the timeline is on the branch that it came to, after the row that it came after there', () =>
  withStore(async (store) => {
    for (const text of ['one', 'two']) await say(store, text);
    await fork(store, 0, 1);
    await store.transaction((inside) => note(inside, 'begins'));
    await say(store, 'other two');
    assert.deepEqual(await notesOn(store, 0), [
      ['after one', 1],
      ['after two', 2],
    ]);
    assert.deepEqual(await notesOn(store, 1), [
      ['begins', 1],
      ['after other two', 3],
    ]);
    await fork(store, 1, 3);
    await store.transaction((inside) => note(inside, 'begins again'));
    assert.deepEqual(await notesOn(store, 2), [
      ['begins', 1],
      ['begins again', 3],
    ]);
  }));

test('the last run is told of the thread and of each branch', () =>
  withStore(async (store) => {
    await store.runs.start(runRow('r1'));
    await store.runs.finish('r1', { status: 'error', finishedAt: at });
    await fork(store, 0, 0);
    await store.runs.start(runRow('r2'));
    assert.equal((await store.runs.latest('t'))?.id, 'r2');
    assert.equal((await store.runs.latest('t', 0))?.id, 'r1');
    assert.deepEqual((await store.runs.latest('t', 1))?.branch, 1);
    assert.equal(await store.runs.latest('t', 2), null);
  }));

test('a thread that is deleted takes its branches with it', () =>
  withStore(async (store, dir) => {
    await say(store, 'one');
    await fork(store, 0, 1);
    await say(store, 'other');
    await store.transaction((inside) => inside.threads.delete('local', 't'));
    const database = new DatabaseSync(join(dir, 'crosspoint.db'), { readOnly: true });
    for (const table of ['threads', 'branches', 'messages', 'events'])
      assert.equal(database.prepare(`select count(*) as rows from ${table}`).get()?.rows, 0, table);
    database.close();
  }));

/** 0: rows 1 to 5 and on; 1 leaves it after 3; 2 leaves 1 after 8; 3 leaves 0 after 3, 4 after 5. */
const tree: Branch[] = [
  { id: 1, parentId: 0, afterSeq: 3, createdAt: at },
  { id: 2, parentId: 1, afterSeq: 8, createdAt: at },
  { id: 3, parentId: 0, afterSeq: 3, createdAt: at },
  { id: 4, parentId: 0, afterSeq: 5, createdAt: at },
];

test('forks, common rows and what follows are told from the tree of branches alone', () => {
  const [first, , second, , fourth] = [0, 1, 2, 3, 4].map((id) => pathTo(tree, id));
  assert.ok(first && second && fourth);
  assert.deepEqual(
    second.map(({ branch }) => branch),
    [0, 1, 2],
  );
  assert.deepEqual(
    [commonSeq(second, first), commonSeq(first, fourth), commonSeq(second, fourth)],
    [3, 5, 3],
  );
  assert.deepEqual(commonSeq(second, pathTo(tree, 1)), 8);
  assert.deepEqual(forksOn(tree, second), [
    { afterSeq: 3, branchIds: [0, 1, 3], active: 1 },
    { afterSeq: 8, branchIds: [1, 2], active: 1 },
  ]);
  assert.deepEqual(forksOn(tree, first), [
    { afterSeq: 3, branchIds: [0, 1, 3], active: 0 },
    { afterSeq: 5, branchIds: [0, 4], active: 0 },
  ]);
  assert.deepEqual(branchesBelow(tree, 0, 3), [0, 4]);
  assert.deepEqual(branchesBelow(tree, 0, 0), [0, 1, 2, 3, 4]);
  assert.deepEqual(branchesBelow(tree, 1, 3), [1, 2]);
  assert.deepEqual(
    cutPath(second, 2).map(({ branch, throughSeq }) => [branch, throughSeq]),
    [[0, 2]],
  );
  const line = (branch: number, afterSeq: number) => isOnPath(second, { branch, afterSeq });
  assert.deepEqual(
    [line(0, 2), line(0, 3), line(1, 7), line(1, 8), line(2, 8), line(3, 3)],
    [true, false, true, false, true, false],
  );
});
