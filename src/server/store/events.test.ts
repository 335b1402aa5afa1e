import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';
import { finishedModel, messageRow, prose, threadRow, writeTurn } from './testing/sample-rows.ts';

async function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-events-'));
  const store = await openStore(dir);
  try {
    await work(store, dir);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const append = (store: Store, events: NewEvent[], threadId = 't') =>
  store.transaction((inside) => inside.events.append(threadId, events));

/** Few messages and calls, so that streams have neighbours; endings, so that they are joined in the middle of things. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('\u0000', '\ud83d', '\ude00', '', 'é'),
  fc.string({ minLength: 400, maxLength: 500 }),
);
const anyEvent: fc.Arbitrary<NewEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom('m1', 'm2'), anyText).map(delta) },
  {
    weight: 2,
    arbitrary: anyText.map(
      (text) => ({ type: 'reasoning.delta', data: { messageId: 'm1', text } }) as NewEvent,
    ),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('stdout', 'stderr'), anyText).map(output) },
  { weight: 1, arbitrary: fc.constant(finishedModel('m1')) },
  {
    weight: 1,
    arbitrary: anyText.map((message) => ({ type: 'notice', data: { code: 'n', message } }) as NewEvent),
  },
);

function delta([messageId, text]: [string, string]): NewEvent {
  return { type: 'message.delta', data: { messageId, text } };
}

function output([stream, text]: ['stdout' | 'stderr', string]): NewEvent {
  return { type: 'tool.output', data: { toolCallId: 'c', stream, text } };
}

test('whatever is joined in the record, a reader gets the very events, after any of them (I8)', () =>
  withStore(async (store) => {
    let thread = 0;
    const property = fc.asyncProperty(
      fc.array(fc.array(anyEvent, { maxLength: 6 }), { maxLength: 8 }),
      async (batches) => {
        const threadId = `t${(thread += 1)}`;
        const sent: ThreadEvent[] = [];
        for (const batch of batches) sent.push(...(await append(store, batch, threadId)));
        assert.deepEqual(
          sent,
          batches.flat().map((event, index) => ({ id: index + 1, ...event })),
        );
        for (let after = 0; after <= sent.length; after += 1) {
          assert.deepEqual(await store.events.list(threadId, after), sent.slice(after));
          assert.deepEqual(await store.events.list(threadId, after, 2), sent.slice(after, after + 2));
        }
        assert.equal(await store.events.lastId(threadId), sent.length);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }));

test('an event reads back byte for byte, keys in the same order', () =>
  withStore(async (store) => {
    const events: NewEvent[] = [
      output(['stdout', prose('a', 900)]),
      output(['stdout', prose('b', 900)]),
      {
        type: 'tool.proposed',
        data: { toolCallId: 'c', name: 'n', args: hostileArgs(), hash: 'h', messageId: 'm' },
      },
      finishedModel('m'),
    ];
    const sent = await append(store, events);
    assert.equal(JSON.stringify(await store.events.list('t', 0)), JSON.stringify(sent));
  }));

/** Keys and texts that a model may send to break what stores them. */
function hostileArgs(): Record<string, unknown> {
  const long = prose('hostile', 600);
  return JSON.parse(
    JSON.stringify({
      lc: 1,
      type: 'constructor',
      id: [long],
      text: '',
      texts: [[['id'], 1]],
      nul: `${long}\u0000`,
      half: `${long}\ud800`,
    }).replace(
      '{',
      `{"__proto__":{"polluted":${JSON.stringify(long)}},"constructor":${JSON.stringify(long)},`,
    ),
  ) as Record<string, unknown>;
}

test('long texts of messages and calls read back exactly, hostile keys included', () =>
  withStore(async (store) => {
    const args = JSON.stringify(hostileArgs());
    const parts = [
      { type: 'tool-call' as const, toolCallId: 'c', name: 'n', args },
      { type: 'text' as const, text: `${prose('x', 500)}\u0000` },
    ];
    await store.messages.append(messageRow('m', parts, 'assistant'));
    const [message] = await store.messages.list('t');
    assert.equal(JSON.stringify(message?.parts), JSON.stringify(parts));
    const call = {
      toolCallId: 'c',
      threadId: 't',
      runId: 'r',
      turnId: 'r',
      messageId: 'm',
      position: 0,
      name: 'n',
    };
    await store.toolCalls.propose([{ ...call, args, argsHash: 'h', diff: null, needsReview: false }]);
    const result = { status: 'ok' as const, resultText: prose('y', 5_000), summary: 'done', durationMs: 1.6 };
    await store.toolCalls.finish('t', 'c', result);
    const row = await store.toolCalls.get('t', 'c');
    assert.deepEqual(
      [row?.args, row?.resultText, row?.summary, row?.durationMs],
      [args, result.resultText, 'done', 2],
    );
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  }));

test('the newest events of a type, without the pieces of streams', () =>
  withStore(async (store) => {
    for (const code of ['a', 'b', 'c']) {
      await append(store, [{ type: 'notice', data: { code, message: prose(code, 500) } }, delta(['m', 'x'])]);
    }
    const notes = await store.events.listOfTypes('t', ['notice'], { newest: 2 });
    assert.deepEqual(
      notes.map(({ event }) => event.id),
      [3, 5],
    );
    assert.deepEqual((await store.events.listOfTypes('t', ['notice', 'retrying'])).length, 3);
    assert.deepEqual(await store.events.listOfTypes('t', ['message.delta']), []);
  }));

test('the record of a conversation is at most three times its text, and deleting it leaves nothing', () =>
  withStore(async (store, dir) => {
    await store.threads.create(threadRow('t'));
    const empty = inspect(dir).bytes;
    let raw = 0;
    for (let turn = 0; turn < 40; turn += 1) raw += await writeTurn(store, turn);
    const stored = inspect(dir).bytes - empty;
    assert.ok(stored <= 3 * raw, `${stored} bytes for ${raw} bytes of text: ${(stored / raw).toFixed(2)}`);
    await store.transaction((inside) => inside.threads.delete('local', 't'));
    assert.equal(inspect(dir).rows, 0);
  }));

/** Bytes of the database file with everything written back to it, and the rows of a thread in all tables. */
function inspect(dir: string): { bytes: number; rows: number } {
  const path = join(dir, 'crosspoint.db');
  const database = new DatabaseSync(path);
  database.exec('pragma wal_checkpoint(truncate)');
  const tables = ['threads', 'texts', 'messages', 'runs', 'tool_calls', 'events'];
  const rows = tables.map(
    (table) => database.prepare(`select count(*) as rows from ${table}`).get()?.rows as number,
  );
  database.close();
  return { bytes: statSync(path).size, rows: rows.reduce((sum, count) => sum + count) };
}
