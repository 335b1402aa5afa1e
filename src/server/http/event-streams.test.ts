import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEvent } from '#protocol/events.ts';
import { inOrder } from '#server/agent/testing/workbench.ts';
import { openTestServer, readEvents, token, type TestServer } from './testing/test-server.ts';

const write = { name: 'write_file', args: { path: 'a.txt', content: 'a' } };

/** A thread whose turn is over, with its events. */
async function finishedThread(server: TestServer): Promise<string> {
  const answer = await server.send('POST', '/api/agent', { message: 'Talk.' });
  return ((await answer.json()) as { threadId: string }).threadId;
}

function open(
  server: TestServer,
  threadId: string,
  after: number | null,
  lastEventId?: string,
): Promise<Response> {
  const query = after === null ? '' : `?after=${after}`;
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return server.send('GET', `/api/threads/${threadId}/events${query}`, undefined, headers);
}

const delta = (text: string): NewEvent => ({ type: 'notice', data: { code: 'test', message: text } });

test('a run as a stream: its events with increasing ids, one terminal event, and then the end', async () => {
  const server = await openTestServer({ script: inOrder({ text: 'one two three' }) });
  try {
    const answer = await server.send(
      'POST',
      '/api/agent',
      { message: 'Count.' },
      { accept: 'text/event-stream' },
    );
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    assert.match(answer.headers.get('cache-control') ?? '', /no-cache/);
    assert.equal(answer.headers.get('x-accel-buffering'), 'no');
    const events = await readEvents(answer);
    assert.deepEqual(
      events.map(({ id }) => id),
      events.map((_, index) => (events[0]?.id ?? 0) + index),
    );
    assert.equal(events[0]?.type, 'run.started');
    assert.deepEqual(
      events.filter(({ type }) => type === 'run.finished'),
      events.slice(-1),
    );
    const text = events
      .filter(({ type }) => type === 'message.delta')
      .map(({ data }) => data.text)
      .join('');
    assert.equal(text, 'one two three');
    assert.equal(events.at(-1)?.data.status, 'done');
  } finally {
    await server.close();
  }
});

test('a review ends the stream of its run, and the decision has a stream of its own', async () => {
  const server = await openTestServer({
    script: inOrder({ text: 'I write.', calls: [write] }, { text: 'Written.' }),
  });
  try {
    const accept = { accept: 'text/event-stream' };
    const first = await readEvents(await server.send('POST', '/api/agent', { message: 'Write.' }, accept));
    assert.equal(first.at(-1)?.data.status, 'awaiting_review');
    assert.ok(first.some(({ type }) => type === 'review.requested'));
    const threadId = first[0]?.data.threadId;
    const decision = { threadId, approval: { action: 'approved' } };
    const second = await readEvents(await server.send('PUT', '/api/agent', decision, accept));
    assert.equal(second[0]?.id, (first.at(-1)?.id ?? 0) + 1);
    assert.equal(second.at(-1)?.data.status, 'done');
    // The same decision again: the same run, told again from its beginning.
    const again = await readEvents(await server.send('PUT', '/api/agent', decision, accept));
    assert.deepEqual(again, second);
  } finally {
    await server.close();
  }
});

test('a resumed stream is exactly the missing suffix, from every id, by header and by address', async () => {
  const server = await openTestServer({ script: inOrder({ text: 'a b c d e f g', calls: [write] }) });
  try {
    const threadId = await finishedThread(server);
    const stored = await server.events(threadId);
    const all = stored.map(({ id, type, data }) => ({
      id,
      type,
      data: { ...data } as Record<string, unknown>,
    }));
    const whole = await readEvents(await open(server, threadId, null), all.length);
    assert.deepEqual(whole, all);
    for (const { id } of all.slice(0, -1)) {
      const missing = all.filter((event) => event.id > id);
      assert.deepEqual(await readEvents(await open(server, threadId, id), missing.length), missing);
      assert.deepEqual(
        await readEvents(await open(server, threadId, null, String(id)), missing.length),
        missing,
      );
      // What a browser received last is newer than the address that it repeats.
      assert.deepEqual(
        await readEvents(await open(server, threadId, 0, String(id)), missing.length),
        missing,
      );
    }
  } finally {
    await server.close();
  }
});

test('two readers that lose their connection over and over see every event once, in order, while they are written', async () => {
  const server = await openTestServer();
  try {
    const threadId = await finishedThread(server);
    const start = await server.store.events.lastId(threadId);
    const count = 120;
    const follow = async (pieces: number): Promise<number[]> => {
      const seen: number[] = [];
      while (seen.length < count) {
        const left = Math.min(pieces, count - seen.length);
        const events = await readEvents(await open(server, threadId, seen.at(-1) ?? start), left);
        seen.push(...events.map(({ id }) => id));
      }
      return seen;
    };
    const readers = [follow(3), follow(7)];
    for (let index = 0; index < count; index++) await server.log.commit(threadId, [delta(`event ${index}`)]);
    const expected = Array.from({ length: count }, (_, index) => start + 1 + index);
    for (const seen of await Promise.all(readers)) assert.deepEqual(seen, expected);
  } finally {
    await server.close();
  }
});

test('a reader who leaves does not stop the run', async () => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  const server = await openTestServer({
    async script() {
      await mayGoOn;
      return { text: 'Still here.' };
    },
  });
  try {
    for (const accept of ['text/event-stream', 'application/json']) {
      const leave = new AbortController();
      const headers = { ...server.headers, accept };
      const body = JSON.stringify({ message: 'Wait.', clientMessageId: accept });
      const asked = fetch(`${server.origin}/api/agent`, {
        method: 'POST',
        headers,
        body,
        signal: leave.signal,
      });
      const gone = asked.then((answer) => answer.text()).catch((cause: Error) => cause.name);
      while ((await server.agent.listThreads('owner')).every(({ runStatus }) => runStatus !== 'running'))
        await sleep(5);
      leave.abort();
      assert.equal(await gone, 'AbortError');
      goOn();
      const repeat = await server.send('POST', '/api/agent', { message: 'Wait.', clientMessageId: accept });
      assert.equal(((await repeat.json()) as { response: string }).response, 'Still here.');
    }
    assert.equal(server.streams.size, 0);
  } finally {
    await server.close();
  }
});

test('a quiet stream beats, in a comment that no reader takes for an event', async () => {
  const server = await openTestServer({ streams: { heartbeatMs: 20 } });
  try {
    const threadId = await finishedThread(server);
    const answer = await open(server, threadId, 10_000);
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes(': heartbeat\n\n: heartbeat\n\n')) break;
    }
    assert.doesNotMatch(text, /^(?:data|event|id):/m);
  } finally {
    await server.close();
  }
});

test('a reader that takes nothing is dropped, has cost no memory, and goes on from its last id', async () => {
  const server = await openTestServer({ streams: { stallMs: 100 } });
  try {
    const threadId = await finishedThread(server);
    const start = await server.store.events.lastId(threadId);
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const head = `GET /api/threads/${threadId}/events?after=${start} HTTP/1.1\r\nHost: localhost:${server.port}`;
    socket.write(`${head}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    socket.pause();
    while (server.streams.size === 0) await sleep(5);
    // More than the socket and the kernel hold.
    const large = 'x'.repeat(100_000);
    for (let index = 0; index < 120; index++) await server.log.commit(threadId, [delta(large)]);
    while (server.streams.size > 0) await sleep(10);
    socket.destroy();
    const rest = await readEvents(await open(server, threadId, start), 120);
    assert.deepEqual(
      rest.map(({ id }) => id),
      rest.map((_, index) => start + 1 + index),
    );
  } finally {
    await server.close();
  }
});

test('more streams than the process holds are refused, and there is room again when one ends', async () => {
  const server = await openTestServer({ streams: { count: 2 } });
  try {
    const threadId = await finishedThread(server);
    const kept = [await open(server, threadId, 0), await open(server, threadId, 0)];
    const refused = await open(server, threadId, 0);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '5']);
    assert.equal(((await refused.json()) as { code: string }).code, 'too_many_requests');
    await kept[0]?.body?.cancel();
    while (server.streams.size > 1) await sleep(5);
    const next = await open(server, threadId, 0);
    assert.equal(next.status, 200);
    await Promise.all([next.body?.cancel(), kept[1]?.body?.cancel()]);
  } finally {
    await server.close();
  }
});

test('a server that stops ends its runs as interrupted, tells their readers, and ends every stream', async () => {
  const server = await openTestServer({ script: () => ({ text: 'I think', hang: true }) });
  const answer = await server.send(
    'POST',
    '/api/agent',
    { message: 'Think.' },
    { accept: 'text/event-stream' },
  );
  const events = readEvents(answer);
  while ((await server.agent.listThreads('owner')).every(({ runStatus }) => runStatus !== 'running'))
    await sleep(5);
  const stopped = server.close();
  const seen = await events;
  await stopped;
  assert.deepEqual([seen.at(-1)?.type, seen.at(-1)?.data.status], ['run.finished', 'interrupted']);
});
