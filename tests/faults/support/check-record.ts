import assert from 'node:assert/strict';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Message } from '#protocol/message.ts';
import { ownerId } from '#server/http/services.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store, ThreadRow, ToolCallRow } from '#server/store/store.ts';
import { dumpRecord } from '#tests/support/dump-record.ts';

/** What the outside world knows, against which the record is held. */
export interface Known {
  /** Messages that the server acknowledged, by their thread. */
  acknowledged: readonly { threadId: string; text: string }[];
  /** What commands really did, by thread: the line that each of them leaves. */
  effects: ReadonlyMap<string, readonly string[]>;
  /** What such a command writes, found in its arguments; undefined: it writes nothing. */
  effectOf(args: string): string | undefined;
  /** Requests that the providers received, for the ledger. */
  requests: number;
}

interface Thread {
  row: ThreadRow;
  messages: Message[];
  calls: ToolCallRow[];
  events: ThreadEvent[];
}

/** Holds the whole record to I1 to I8 at a moment at which nothing runs. @throws what does not hold, and where */
export async function checkRecord(dataDir: string, known: Known): Promise<void> {
  const store = await openStore(dataDir);
  try {
    const rows = await store.threads.list(ownerId, { limit: 100_000 });
    for (const { threadId } of known.acknowledged)
      assert.ok(
        rows.some(({ id }) => id === threadId),
        `I1: the thread ${threadId} is lost`,
      );
    for (const row of rows) {
      const thread = await read(store, row);
      checkMessages(thread, known);
      await checkCalls(store, thread, known);
      checkStream(thread);
      checkSwitches(thread);
    }
    checkRuns(dataDir);
    checkLedger(dataDir, known);
  } finally {
    await store.close();
  }
}

async function read(store: Store, row: ThreadRow): Promise<Thread> {
  return {
    row,
    messages: await store.messages.list(row.id),
    calls: await store.toolCalls.list(row.id),
    events: await store.events.list(row.id, 0, 1_000_000),
  };
}

export function textOf({ parts }: Pick<Message, 'parts'>): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** I1: each acknowledged message is there exactly once. I4: each call of the transcript has exactly one result. */
function checkMessages({ row, messages, calls }: Thread, { acknowledged }: Known): void {
  const said = messages.filter(({ role }) => role === 'user').map(textOf);
  for (const { text } of acknowledged.filter(({ threadId }) => threadId === row.id))
    assert.equal(said.filter((other) => other === text).length, 1, `I1: "${text}" is there once`);
  const parts = messages.flatMap((message) => message.parts);
  const results = parts.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []));
  assert.equal(new Set(results).size, results.length, 'I4: a call has two results');
  const open = new Set(calls.filter(({ state }) => state !== 'finished').map(({ toolCallId }) => toolCallId));
  for (const part of parts)
    if (part.type === 'tool-call' && !open.has(part.toolCallId))
      assert.ok(results.includes(part.toolCallId), `I4: the call ${part.toolCallId} dangles`);
}

/** I2: what had an effect was approved before. I3: nothing twice, and what may have happened is told as such. */
async function checkCalls(store: Store, { row, calls }: Thread, known: Known): Promise<void> {
  const lines = known.effects.get(row.id) ?? [];
  assert.equal(new Set(lines).size, lines.length, `I3: an effect happened twice: ${lines.join(' ')}`);
  const waits = (await store.runs.latest(row.id))?.status === 'awaiting_review';
  const told = new Set<string>();
  for (const { state, status, decision, args, toolCallId } of calls) {
    if (state !== 'finished') assert.ok(waits, `${toolCallId} is ${state}, and nobody is asked about it`);
    const effect = known.effectOf(decision?.args ?? args);
    if (effect === undefined) continue;
    told.add(effect);
    if (!lines.includes(effect)) assert.notEqual(status, 'ok', `${effect} is told as done, and is not`);
    else {
      assert.ok(decision && ['approved', 'edit'].includes(decision.action), `I2: nobody approved ${effect}`);
      // What a person stopped in the middle is told as an error that says so.
      assert.ok(
        ['ok', 'error', 'outcome_unknown'].includes(status ?? ''),
        `I3: ${effect} is told as ${status}`,
      );
    }
  }
  for (const line of lines) assert.ok(told.has(line), `${line} happened and is not in the record`);
}

/** I8: ids without gaps, one end for each run, and the pieces of a text are the text. */
function checkStream({ messages, events }: Thread): void {
  assert.deepEqual(
    events.map(({ id }) => id),
    events.map((_event, index) => index + 1),
  );
  const started = events.flatMap((event) => (event.type === 'run.started' ? [event.data.runId] : []));
  const ended = events.flatMap((event) => (event.type === 'run.finished' ? [event.data.runId] : []));
  assert.deepEqual(ended, started, 'I8: every run has exactly one end');
  const said = new Map<string, string>();
  for (const event of events)
    if (event.type === 'message.delta')
      said.set(event.data.messageId, (said.get(event.data.messageId) ?? '') + event.data.text);
  for (const message of messages)
    if (message.role === 'assistant')
      assert.equal(said.get(message.id) ?? '', textOf(message), 'I8: the sum of the pieces is the text');
  const stored = new Set(messages.map(({ id }) => id));
  for (const id of said.keys()) assert.ok(stored.has(id), 'I8: a text that was shown is lost');
}

/** Each switch begins where the one before it ended, and the thread's model is what the last of them says. */
function checkSwitches({ row, events }: Thread): void {
  let current: string | null = null;
  for (const event of events) {
    if (event.type !== 'model.switched') continue;
    if (current !== null) assert.equal(event.data.from, current, 'a switch is missing');
    current = event.data.to;
  }
  const { provider, model } = row.modelConfig;
  if (current !== null) assert.equal(`${provider}/${model}`, current, 'a switch that left no record');
}

/** I7: one writer at a time. */
function checkRuns(dataDir: string): void {
  const { runs = [] } = dumpRecord(dataDir);
  for (const [threadId, own] of Map.groupBy(runs, ({ thread_id }) => String(thread_id))) {
    const tokens = own.map(({ fencing_token }) => Number(fencing_token)).sort((left, right) => left - right);
    assert.deepEqual(
      tokens,
      [...tokens.keys()].map((index) => index + 1),
      `I7: tokens of ${threadId}`,
    );
    assert.ok(
      own.every(({ status }) => status !== 'running'),
      `I7: something runs in ${threadId} that nobody started`,
    );
  }
}

/** I5: a row for each attempt that a provider saw, none of them open. */
function checkLedger(dataDir: string, { requests }: Known): void {
  const { ledger = [] } = dumpRecord(dataDir);
  assert.ok(
    ledger.every(({ status }) => status !== 'reserved'),
    'I5: an attempt stays open',
  );
  assert.ok(ledger.length >= requests, `I5: ${requests} requests, ${ledger.length} rows`);
}
