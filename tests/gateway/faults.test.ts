import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Answer, Fault } from '#tests/upstreams/index.ts';
import {
  combinations,
  forEach,
  nameOf,
  official,
  Plans,
  raw,
  type Combination,
} from './support/combinations.ts';
import { eventually, normalEnd, openLiveGateway, saying, type LiveGateway } from './support/live-gateway.ts';

/** The faults F1 to F15, each over /v1 of the real process, in front of every wire. Deadlines: first byte 1.8 s. */

const plans = new Plans();
let live: LiveGateway;
before(async () => {
  live = await openLiveGateway({ CROSSPOINT_DEADLINE_SCALE: '0.03' }, { script: plans.script });
});
after(() => live[Symbol.asyncDispose]());

const each = (check: (combination: Combination) => Promise<void>, among = combinations) =>
  forEach(among, nameOf, check);
const streamed = combinations.filter(({ stream }) => stream);
const whole = combinations.filter(({ stream }) => !stream);
const sdkOf = ({ wire }: Combination) => (wire === 'anthropic-messages' ? Anthropic : OpenAI);
type ErrorClass =
  | 'BadRequestError'
  | 'AuthenticationError'
  | 'PermissionDeniedError'
  | 'NotFoundError'
  | 'RateLimitError'
  | 'InternalServerError';

const status = (code: number, more: Partial<Extract<Fault, { kind: 'status' }>> = {}): Answer => ({
  fault: { kind: 'status', status: code, ...more },
});
const soon = { 'retry-after-ms': '5' };
const begun = 'This is how it begins.';
const breaking = (fault: Fault): Answer => ({ text: begun, fault });

interface Told {
  type: string;
  code?: string;
  message: string;
}

/** The error in the body, in the shape of the client's wire and nothing beside. */
function toldIn({ wire }: Combination, text: string): Told {
  const body = JSON.parse(text) as { type?: string; error: Told };
  const expected = wire === 'anthropic-messages' ? ['error', 'request_id', 'type'] : ['error'];
  assert.deepEqual(Object.keys(body).sort(), expected);
  assert.ok(body.error.message.length > 20, text);
  return body.error;
}

interface Refused {
  what: string;
  answer: Answer;
  status: number;
  type: string;
  error: ErrorClass;
  attempts: number;
  /** Whether a client that asks again by itself may do so. */
  again: boolean;
  /** Of the OpenAI wires. */
  code: string;
}

const refusals: Refused[] = [
  {
    what: 'F1: a limit whose wait is too long to be waited for here',
    answer: status(429, { headers: { 'retry-after': '61' } }),
    status: 429,
    type: 'rate_limit_error',
    error: 'RateLimitError',
    attempts: 1,
    again: true,
    code: 'rate_limit_exceeded',
  },
  {
    what: 'F1: a limit that stays',
    answer: status(429, { headers: soon }),
    status: 429,
    type: 'rate_limit_error',
    error: 'RateLimitError',
    attempts: 4,
    again: true,
    code: 'rate_limit_exceeded',
  },
  ...[500, 503, 529].map((code) => ({
    what: `F2: ${code} that stays`,
    answer: status(code, { headers: soon }),
    status: 503,
    type: 'overloaded_error',
    error: 'InternalServerError' as const,
    attempts: 3,
    again: true,
    code: 'provider_overloaded',
  })),
  {
    what: 'F3: a key that the provider refuses',
    answer: status(401),
    status: 502,
    type: 'api_error',
    error: 'InternalServerError',
    attempts: 1,
    again: false,
    code: 'provider_auth',
  },
  {
    what: 'F3: a model that this key may not use',
    answer: status(403),
    status: 403,
    type: 'permission_error',
    error: 'PermissionDeniedError',
    attempts: 1,
    again: false,
    code: 'provider_forbidden',
  },
  {
    what: 'F3: a model that is gone',
    answer: status(404, { code: 'model_not_found' }),
    status: 404,
    type: 'not_found_error',
    error: 'NotFoundError',
    attempts: 1,
    again: false,
    code: 'model_not_found',
  },
  {
    what: 'F8: a page of whatever answers at this address',
    answer: { fault: { kind: 'page', body: '<html>Hello</html>', contentType: 'text/html' } },
    status: 502,
    type: 'api_error',
    error: 'InternalServerError',
    attempts: 1,
    again: true,
    code: 'provider_protocol',
  },
  {
    what: 'F10: a 200 without a byte',
    answer: breaking({ kind: 'zero' }),
    status: 502,
    type: 'api_error',
    error: 'InternalServerError',
    attempts: 2,
    again: true,
    code: 'provider_stream_cut',
  },
];

/** What makes a key wait or puts it aside comes last: it would change whom the others are asked. */
const isSticky = ({ answer: { fault } }: Refused) =>
  fault?.kind === 'status' && ([401, 403].includes(fault.status) || fault.headers?.['retry-after'] === '61');
const refuse = (refused: Refused) =>
  test(`${refused.what}: the status, the shape and the class of the client's wire, after ${refused.attempts} attempt(s)`, () =>
    each(async (combination) => {
      const bytes = await raw(live, plans, combination, refused.answer);
      assert.equal(bytes.status, refused.status, bytes.text);
      const told = toldIn(combination, bytes.text);
      assert.equal(told.type, refused.type);
      if (combination.wire !== 'anthropic-messages') assert.equal(told.code, refused.code);
      assert.equal(bytes.attempts, refused.attempts);
      assert.equal(
        bytes.headers.get('x-should-retry'),
        refused.again || refused.status < 500 ? null : 'false',
      );
      assert.equal(bytes.headers.has('retry-after'), refused.status === 429 || refused.status === 503);
      const { error } = await official(live, plans, combination, refused.answer);
      assert.ok(error instanceof sdkOf(combination)[refused.error], String(error));
    }));
for (const refused of refusals.filter((each) => !isSticky(each))) void refuse(refused);

test('F1: an official client waits as long as it is told to, and then has its answer', async () => {
  for (const wire of ['openai-chat', 'anthropic-messages'] as const) {
    const once = (attempt: number): Answer =>
      attempt === 1 ? status(429, { headers: { 'retry-after': '1' } }) : { text: 'Now.' };
    const words = plans.add(once);
    const headers = { 'helicone-retry-enabled': 'true', 'helicone-retry-num': '1' };
    const messages = [{ role: 'user' as const, content: words }];
    const started = performance.now();
    if (wire === 'openai-chat')
      await live.openai(1).chat.completions.create({ model: 'openai/gpt-4o', messages }, { headers });
    else
      await live
        .anthropic(1)
        .messages.create({ model: 'anthropic/claude-sonnet-4-5', messages, max_tokens: 9 }, { headers });
    assert.ok(performance.now() - started >= 1_000);
    assert.equal(plans.asked(words).length, 2);
  }
});

test('F1, F2: what passes by itself is not seen by the client', () =>
  each(async (combination) => {
    for (const code of [429, 503]) {
      const plan = (attempt: number): Answer =>
        attempt === 1 ? status(code, { headers: soon }) : { text: 'Second.' };
      const { understood, error } = await official(live, plans, combination, plan);
      assert.equal(understood?.text, 'Second.', String(error));
    }
  }));

test('F4: a provider that is not there fails in time, and is found again when it is back', async () => {
  await live.providers.groq.stop();
  const among = combinations.filter(({ model }) => model.startsWith('groq/'));
  await each(async (combination) => {
    const started = performance.now();
    const bytes = await raw(live, plans, combination, { text: 'never' });
    assert.equal(bytes.status, 502, bytes.text);
    assert.match(toldIn(combination, bytes.text).message, /cannot be reached/);
    assert.ok(performance.now() - started < 30_000);
    const { model } = combination;
    const chain = { ...combination, model: `${model},openai/gpt-4o` };
    const { understood, error } = await official(live, plans, chain, { text: 'From the next.' });
    assert.equal(understood?.text, 'From the next.', String(error));
  }, among);
  await live.providers.groq.start();
  await each(async (combination) => {
    const { understood, error } = await official(live, plans, combination, { text: 'Back.' });
    assert.equal(understood?.text, 'Back.', String(error));
  }, among);
});

test('F5: no head, or a head and nothing else, ends at the deadline with 504, and upstream the connection is closed', async () => {
  const from = live.providers.requests.length;
  // The deadline of a whole answer is ten times as long: one of each kind is enough, at the same time.
  const among = [...streamed, ...whole.filter(({ model }) => model === 'openai/gpt-4o')];
  const cases = (['hang', 'headers'] as const).flatMap((kind) => among.map((each) => ({ kind, each })));
  await Promise.all(
    cases.map(async ({ kind, each: combination }) => {
      const bytes = await raw(live, plans, combination, breaking({ kind }));
      assert.equal(bytes.status, 504, `${nameOf(combination)}: ${bytes.text}`);
      toldIn(combination, bytes.text);
    }),
  );
  const abandoned = () => live.providers.requests.slice(from).every((received) => received.abandoned);
  await eventually('all are closed upstream', abandoned);
});

test('F5: a model that drips is waited for as long as it drips', () =>
  each(async (combination) => {
    const { understood, error } = await official(live, plans, combination, {
      text: 'Slowly, word by word, but it comes.',
      paceMs: 150,
    });
    assert.equal(understood?.text, 'Slowly, word by word, but it comes.', String(error));
  }));

const call = { name: 'read_file', args: { path: 'a-rather-long-path.txt' } };
const brokenStreams: [string, Answer][] = [
  ['F5: silence', breaking({ kind: 'stall', after: 'text' })],
  ['F6: a reset', breaking({ kind: 'cut', after: 'text', how: 'reset' })],
  ['F6: an end without its end', breaking({ kind: 'cut', after: 'text', how: 'close' })],
  [
    'F7: a cut in a call',
    { text: begun, calls: [call], fault: { kind: 'cut', after: 'call', how: 'close' } },
  ],
  ['F8: no JSON', breaking({ kind: 'malformed', after: 'text' })],
  ['F8: an error event', breaking({ kind: 'error-event', after: 'text', status: 529 })],
];
for (const [what, answer] of brokenStreams)
  test(`${what} after the first word is an error event without the normal end, nobody else is asked, and the row says so`, () =>
    each(async ({ wire, model }) => {
      // A chain, so that somebody else could be asked.
      const combination = { wire, model: `${model},openrouter/z-ai/glm-5.2`, stream: true };
      // What comes at once with the failure has not reached the client, and another would be asked.
      const slowly = { ...answer, paceMs: 60 };
      const bytes = await raw(live, plans, combination, slowly);
      assert.equal(bytes.status, 200, bytes.text);
      assert.match(bytes.text, /This is/);
      assert.match(bytes.text, /"error"/);
      assert.doesNotMatch(bytes.text, normalEnd);
      assert.equal(bytes.attempts, 1);
      const rows = () => live.rows(bytes.headers.get('helicone-id') ?? '');
      await eventually('the row is settled', () => rows()[0]?.status === 'failed');
      assert.deepEqual(
        rows().map(({ attempt, estimated }) => [attempt, estimated]),
        [[1, 1]],
      );
      const { understood, error } = await official(live, plans, combination, slowly);
      assert.equal(understood, null);
      assert.ok(!(error instanceof TypeError), String(error));
    }, streamed));

for (const [what, answer] of brokenStreams.filter(([name]) => !/silence|error event/.test(name)))
  test(`${what} in a whole answer is none, and the next in the chain is asked`, () =>
    each(async (combination) => {
      const { status: code, text, attempts } = await raw(live, plans, combination, answer);
      assert.equal(code, 502, text);
      toldIn(combination, text);
      assert.ok(attempts <= 2);
      const chain = { ...combination, model: `${combination.model},openrouter/z-ai/glm-5.2` };
      const plan = (_attempt: number, { model }: { model: string }): Answer =>
        model === 'z-ai/glm-5.2' ? { text: 'Whole.' } : answer;
      const { understood, error } = await official(live, plans, chain, plan);
      assert.equal(understood?.text, 'Whole.', String(error));
    }, whole));

const failures: Answer[] = [
  status(503, { headers: soon }),
  breaking({ kind: 'zero' }),
  breaking({ kind: 'cut', after: 'preamble', how: 'reset' }),
  breaking({ kind: 'error-event', after: 'preamble', status: 529 }),
  { fault: { kind: 'redirect', to: 'http://127.0.0.1:9/' } },
  { fault: { kind: 'page', body: '<html>', contentType: 'text/html' } },
];
const stickyFailures = [status(401), status(429, { headers: { 'retry-after': '61' } })];

/** @returns how many attempts the client was told of */
async function failsOver(combination: Combination, failure: Answer): Promise<string | null> {
  const chain = { ...combination, model: `${combination.model},openrouter/z-ai/glm-5.2` };
  const plan = (_attempt: number, { model }: { model: string }): Answer =>
    model === 'z-ai/glm-5.2' ? { text: 'The next.' } : failure;
  const bytes = await raw(live, plans, chain, plan);
  assert.equal(bytes.status, 200, bytes.text);
  assert.equal(bytes.headers.get('helicone-model'), 'z-ai/glm-5.2');
  assert.doesNotMatch(bytes.text, /This is|"error":\{/);
  if (combination.stream) assert.match(bytes.text, normalEnd);
  return bytes.headers.get('crosspoint-attempts');
}

test('failover: whatever fails before the first word, the next in the chain answers at once and the client sees nothing of it', () =>
  each(async (combination) => {
    for (const failure of failures) assert.equal(await failsOver(combination, failure), '2');
  }));

test('F9: arguments that are no JSON, a tool that nobody offered and an id that comes twice end as an answer or as an error, never as a part of one', () =>
  each(async (combination) => {
    const other = { name: 'no_such_tool', args: { a: 1 } };
    const { understood, error } = await official(live, plans, combination, {
      text: 'Two.',
      calls: [call, other],
    });
    assert.deepEqual(
      understood?.calls.map(({ name, args }) => ({ name, args })),
      [call, other],
      String(error),
    );
    const odd: Answer[] = [
      { text: 'Bad.', calls: [{ ...call, args: '{"path": nothing}' }] },
      { text: 'Twice.', calls: [call, other].map((each) => ({ ...each, id: 'call_same' })) },
    ];
    for (const answer of odd) {
      const { status: code, text } = await raw(live, plans, combination, answer);
      if (code !== 200) toldIn(combination, text);
      else if (combination.stream) assert.match(text, new RegExp(`"error":\\{|${normalEnd.source}`));
      else assert.doesNotThrow(() => JSON.parse(text) as unknown);
    }
  }));

test('F10, F12: what is cut at the limit, refused or filtered is an answer, and says so', () =>
  each(async (combination) => {
    const finishes = { length: 'length', refusal: null, 'content-filter': 'filter' } as const;
    for (const [finish, expected] of Object.entries(finishes)) {
      const answer = { text: 'I stop here.', finish: finish as 'length' };
      const { understood, error } = await official(live, plans, combination, answer);
      assert.ok(understood, `${finish}: ${String(error)}`);
      if (expected) assert.equal(understood.finish, expected);
      assert.ok((understood.text + understood.refusal).includes('I stop here.') || finish !== 'length');
    }
  }));

test('F13: a conversation that is too long is told as the wire tells it, once', () =>
  each(async (combination) => {
    const { model } = combination;
    const id = model.slice(model.indexOf('/') + 1);
    const answer = status(400, {
      code: 'context_length_exceeded',
      message: model.startsWith('anthropic')
        ? 'prompt is too long: 200251 tokens > 200000 maximum'
        : `This model's maximum context length is 128000 tokens. Your messages to ${id} resulted in 130000 tokens.`,
    });
    const bytes = await raw(live, plans, combination, answer);
    assert.equal(bytes.status, 400, bytes.text);
    const told = toldIn(combination, bytes.text);
    assert.equal(told.type, 'invalid_request_error');
    if (combination.wire !== 'anthropic-messages') assert.equal(told.code, 'context_length_exceeded');
    assert.equal(bytes.attempts, 1);
  }));

test('F14: usage that is missing is estimated and marked, zero stays zero', () =>
  each(async (combination) => {
    for (const usage of [null, { input: 0, output: 0 }]) {
      const bytes = await raw(live, plans, combination, { text: 'Some words to count.', usage });
      const rows = () => live.rows(bytes.headers.get('helicone-id') ?? '');
      await eventually('the row is settled', () => rows()[0]?.status === 'settled');
      const [row, ...more] = rows();
      assert.deepEqual(more, []);
      // A stream of Anthropic's always tells some: here zeros, in its first event.
      const isMissing = usage === null && !(combination.stream && combination.model.startsWith('anthropic/'));
      assert.equal(row?.estimated, Number(isMissing), JSON.stringify(row));
      const counted = (row?.input_tokens ?? 0) > 0 && (row?.output_tokens ?? 0) > 0;
      assert.equal(counted, isMissing, JSON.stringify(row));
    }
  }));

test('F14: a client that leaves ends the upstream at once, and its row is settled with an estimate', () =>
  each(async ({ wire, model }) => {
    const words = plans.add({ text: 'word '.repeat(400), paceMs: 40 });
    const { path, body } = saying(wire, model, true, words);
    const leaving = new AbortController();
    const response = await live.post(path, body, {}, leaving.signal);
    await response.body?.getReader().read();
    leaving.abort();
    const received = () => live.providers.requests.find(({ bodyText }) => bodyText.includes(words));
    await eventually('the upstream is closed', () => received()?.abandoned === true);
    const rows = () => live.rows(response.headers.get('helicone-id') ?? '');
    await eventually('the row is settled', () => rows()[0]?.status === 'aborted');
    const [row, ...more] = rows();
    assert.deepEqual(more, []);
    assert.equal(row?.estimated, 1);
    assert.ok(row.input_tokens > 0 && row.output_tokens > 0);
  }, streamed));

test('F15: a redirect is never followed, whatever its status, and no key reaches where it points', async () => {
  const seen: string[] = [];
  const trap = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => trap.once('listening', resolve));
  const to = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/v1/chat/completions`;
  try {
    await each(async (combination) => {
      for (const code of [301, 302, 303, 307, 308]) {
        const bytes = await raw(live, plans, combination, { fault: { kind: 'redirect', to, status: code } });
        assert.equal(bytes.status, 502, bytes.text);
        assert.match(toldIn(combination, bytes.text).message, /redirect/);
        assert.equal(bytes.headers.has('location'), false);
        assert.equal(bytes.headers.get('x-should-retry'), 'false');
        assert.equal(bytes.attempts, 1);
      }
    });
    assert.deepEqual(seen, []);
  } finally {
    trap.close();
  }
});

test('failover: a key that is refused or must wait is no failure of a chain either', () =>
  each(async (combination) => {
    for (const failure of stickyFailures) await failsOver(combination, failure);
  }));

for (const refused of refusals.filter(isSticky)) void refuse(refused);

test('F3: nothing of the body with which a provider refuses a key is told', () =>
  each(async (combination) => {
    const canary = `sk-${'canary'.repeat(5)}`;
    for (const code of [401, 403]) {
      const { text } = await raw(live, plans, combination, status(code, { message: `no key ${canary}` }));
      assert.ok(!text.includes(canary), text);
    }
  }));

test('every request that reached a provider was valid, and every row is settled', async () => {
  const refused = live.providers.refusals.map(({ refusal }) => refusal);
  assert.deepEqual([...new Set(refused)], []);
  assert.deepEqual(live.providers.mistakes, []);
  await eventually('no row is reserved', () => live.rows().every((row) => row.status !== 'reserved'));
});
