import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ThreadEvent } from '#protocol/events.ts';
import type { ThreadSummary, ThreadView } from '#protocol/thread.ts';
import { randomFrom } from './support/random.ts';
import { ask, readyLink, startServer, temporaryFolder, token } from './support/server-process.ts';

const rounds = Number(process.env.KILL_ROUNDS ?? 10);
/** A round is repeated by its number alone. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

interface Acknowledged {
  threadId: string;
  text: string;
  clientMessageId: string;
}

/** Sends a message and resolves with what was acknowledged, or with null when the server died before. */
async function send(origin: string, text: string, threadId?: string): Promise<Acknowledged | null> {
  const clientMessageId = `client ${text}`;
  const body = { message: text, clientMessageId, approvalMode: 'auto', ...(threadId ? { threadId } : {}) };
  try {
    const answer = await ask(origin, 'POST', '/api/agent', body, 'text/event-stream');
    if (answer.status !== 200) {
      await answer.text();
      return null;
    }
    let seen = '';
    for await (const chunk of answer.body ?? []) {
      seen += Buffer.from(chunk).toString();
      const started = /event: run\.started\ndata: (.*)\n\n/.exec(seen)?.[1];
      if (started)
        return { threadId: (JSON.parse(started) as { threadId: string }).threadId, text, clientMessageId };
    }
    return null;
  } catch (cause) {
    // The connection broke: nothing was promised.
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}

async function read<Body>(origin: string, path: string): Promise<Body> {
  const answer = await ask(origin, 'GET', path);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as Body;
}

/** All stored events of a thread: what a page that opens now would be sent. */
async function eventsOf(origin: string, threadId: string, lastEventId: number): Promise<ThreadEvent[]> {
  const answer = await ask(origin, 'GET', `/api/threads/${threadId}/events?after=0`);
  const events: ThreadEvent[] = [];
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, type, data] = /^id: (\d+)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (data !== undefined) events.push({ id: Number(id), type, data: JSON.parse(data) } as ThreadEvent);
    }
    if ((events.at(-1)?.id ?? 0) >= lastEventId) return events;
  }
  return events;
}

/** I1, I3, I4, I8 of one thread. */
async function checkThread(
  origin: string,
  { id }: ThreadSummary,
  acknowledged: readonly Acknowledged[],
): Promise<void> {
  const view = await read<ThreadView>(origin, `/api/threads/${id}`);
  assert.notEqual(view.runStatus, 'running', 'nothing runs that nobody started');
  const said = view.messages.filter(({ role }) => role === 'user').map(({ parts }) => textOf(parts));
  for (const { text } of acknowledged.filter(({ threadId }) => threadId === id))
    assert.equal(said.filter((other) => other === text).length, 1, `"${text}" is there exactly once`);
  for (const { state, status, toolCallId } of view.toolCalls)
    assert.ok(state === 'finished' && status, `${toolCallId} has an end: ${state}`);
  const events = await eventsOf(origin, id, view.lastEventId);
  assert.deepEqual(
    events.map((event) => event.id),
    events.map((_, index) => index + 1),
  );
  const runs = events.flatMap((event) => (event.type === 'run.started' ? [event.data.runId] : []));
  const ends = events.flatMap((event) => (event.type === 'run.finished' ? [event.data.runId] : []));
  assert.deepEqual(ends, runs, 'every run has exactly one end');
  for (const message of view.messages.filter(({ role }) => role === 'assistant')) {
    const deltas = events.flatMap((event) =>
      event.type === 'message.delta' && event.data.messageId === message.id ? [event.data.text] : [],
    );
    assert.equal(deltas.join(''), textOf(message.parts));
  }
}

function textOf(parts: readonly { type: string }[]): string {
  return parts
    .map((part) => (part.type === 'text' ? (part as unknown as { text: string }).text : ''))
    .join('');
}

test(`kill -9 at ${rounds} random moments: every acknowledged message is there once, and every thread goes on (KILL_SEED=${seed})`, async () => {
  using folder = temporaryFolder();
  const env = { CROSSPOINT_DATA_DIR: folder.path, PORT: '0', CROSSPOINT_API_TOKEN: token };
  const random = randomFrom(seed);
  const acknowledged: Acknowledged[] = [];
  let server = startServer(env);
  try {
    for (let round = 0; round < rounds; round++) {
      let { origin } = new URL(await readyLink(server));
      const planned = [undefined, undefined, acknowledged.at(-1)?.threadId].map((threadId, index) => ({
        text: `${index === 0 ? 'Fix the failing test' : 'Hello'} ${round}.${index}`,
        threadId,
      }));
      const sending = planned.map(({ text, threadId }) =>
        sleep(random() * 200).then(() => send(origin, text, threadId)),
      );
      await sleep(random() * 900);
      server.child.kill('SIGKILL');
      await server.ended;
      const sent = await Promise.all(sending);

      server = startServer(env);
      ({ origin } = new URL(await readyLink(server)));
      // A client that was not answered asks again, and one that was may: it is not done twice.
      for (const [index, { text, threadId }] of planned.entries()) {
        const first = sent[index];
        const again = await send(origin, text, threadId);
        if (first) assert.equal(again?.threadId, first.threadId);
        const known = first ?? again;
        if (known) acknowledged.push(known);
      }
      const { threads } = await read<{ threads: ThreadSummary[] }>(origin, '/api/threads');
      const settled = threads.filter(({ runStatus }) => runStatus !== 'running');
      for (const thread of settled) await checkThread(origin, thread, acknowledged);
      const threadId = settled.at(-1)?.id;
      if (threadId === undefined) continue;
      const body = { threadId, message: `Go on ${round}`, approvalMode: 'auto' };
      const answer = await ask(origin, 'POST', '/api/agent', body);
      assert.equal(answer.status, 200, await answer.text());
    }
    assert.ok(acknowledged.length >= rounds, 'the server was reached before it died');
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
  }
});
