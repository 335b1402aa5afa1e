import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AssistantPart, Message, Part, ToolResultPart, Wire } from '#protocol/message.ts';
import type { PromptMessage, Target } from '#server/gateway/types.ts';
import { createIncrementalProject, project } from './project.ts';
import { makeReceipt } from './receipt.ts';

const wires: Record<string, Wire> = {
  openai: 'openai-responses',
  anthropic: 'anthropic-messages',
  groq: 'openai-chat',
  openrouter: 'openai-chat',
};

function target(provider: string, change: Partial<Target> = {}): Target {
  return {
    provider,
    model: `${provider}-model`,
    wire: wires[provider] ?? 'openai-chat',
    cost: { input: 2, output: 10, cacheRead: 0.2 },
    contextWindow: 100_000,
    maxOutput: 8_000,
    capabilities: { tools: true, images: true, reasoning: true, temperature: true },
    ...change,
  };
}

let counter = 0;
function message(role: Message['role'], parts: Part[], change: Partial<Message> = {}): Message {
  counter += 1;
  return {
    id: `m${counter}`,
    threadId: 't',
    seq: counter,
    runId: 'r',
    role,
    parts,
    status: 'complete',
    createdAt: '2026-11-24T00:00:00Z',
    ...change,
  };
}

const by = (provider: string) => ({ provider, model: `${provider}-model`, wire: wires[provider] as Wire });
const user = (text: string) => message('user', [{ type: 'text', text }]);
const call = (id: string, args = '{}') => ({
  type: 'tool-call' as const,
  toolCallId: id,
  name: 'read_file',
  args,
});
const result = (id: string, text = 'done'): ToolResultPart => ({
  type: 'tool-result',
  toolCallId: id,
  name: 'read_file',
  status: 'ok',
  text,
});
const thinking = (provider: string) => ({
  type: 'reasoning' as const,
  text: 'hm',
  capsule: { ...by(provider), data: '{"id":"rs_1","signature":"s","encrypted_content":"e"}' },
});

function assistantParts(messages: PromptMessage[]): AssistantPart[] {
  return messages.flatMap((entry) => (entry.role === 'assistant' ? entry.parts : []));
}

test('reasoning that only the store of its provider has goes to nobody, and the receipt says so', () => {
  const stored = { ...by('openai'), data: '{"type":"reasoning","id":"rs_1","summary":[]}' };
  const parts: AssistantPart[] = [{ type: 'reasoning', text: 'hm', capsule: stored }, call('a')];
  const transcript = [user('hi'), message('assistant', parts, by('openai')), message('tool', [result('a')])];
  const { messages, report } = project(transcript, target('openai'));
  assert.ok(assistantParts(messages).every(({ capsule }) => capsule === undefined));
  assert.match(JSON.stringify(report.dropped), /stored it for the key that asked/);
});

test('reasoning goes back to its issuer and to nobody else', () => {
  const transcript = [
    user('hi'),
    message('assistant', [thinking('anthropic'), { type: 'text', text: 'yes' }], by('anthropic')),
  ];
  assert.equal(assistantParts(project(transcript, target('anthropic')).messages)[0]?.type, 'reasoning');
  for (const other of ['openai', 'groq', 'openrouter']) {
    const projection = project(transcript, target(other));
    assert.deepEqual(assistantParts(projection.messages), [{ type: 'text', text: 'yes' }]);
    assert.equal(projection.report.dropped[0]?.what, 'reasoning');
  }
  const sibling = target('anthropic', { model: 'another-claude' });
  assert.equal(assistantParts(project(transcript, sibling).messages).length, 1);
});

test('a call nobody answered gets a synthetic result, and an orphan result is left out', () => {
  const transcript = [
    user('hi'),
    message('assistant', [call('a'), call('b')], by('groq')),
    message('tool', [result('b')]),
    user('go on'),
  ];
  const { messages, report } = project([...transcript, message('tool', [result('zzz')])], target('openai'));
  const answers = messages.find((entry) => entry.role === 'tool');
  assert.deepEqual(
    answers?.role === 'tool' && answers.results.map(({ toolCallId, status }) => [toolCallId, status]),
    [
      ['a', 'interrupted'],
      ['b', 'ok'],
    ],
  );
  assert.equal(report.converted[0]?.what, 'tool call');
});

test('results follow their calls in the order of the calls, even when they were stored late', () => {
  const transcript = [
    user('1'),
    message('assistant', [call('a')], by('groq')),
    user('2'),
    message('tool', [result('a', 'late')]),
  ];
  const { messages } = project(transcript, target('anthropic'));
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'user'],
  );
});

test('a call by a name that no provider takes goes out under a legal one, and the record keeps its own', () => {
  for (const name of ['read file!é', 'functions.read_file', '', 'x'.repeat(100)]) {
    const stored = message('assistant', [{ ...call('a'), name }], by('groq'));
    for (const provider of Object.keys(wires)) {
      const { messages } = project([user('hi'), stored, message('tool', [result('a')])], target(provider));
      const sent = messages.flatMap((sentMessage) =>
        sentMessage.role === 'assistant' ? sentMessage.parts : [],
      );
      for (const part of sent)
        assert.match(part.type === 'tool-call' ? part.name : '', /^[a-zA-Z0-9_-]{1,64}$/);
    }
    assert.equal((stored.parts[0] as { name: string }).name, name);
  }
});

test('half of a surrogate pair never goes out: not of an answer, not of a result', () => {
  const cut = 'cut \ud83d';
  const transcript = [
    user('hi'),
    message('assistant', [{ type: 'text', text: cut }, call('a')], by('groq')),
    message('tool', [result('a', cut)]),
    message('assistant', [{ type: 'text', text: cut }], { ...by('groq'), status: 'partial' }),
  ];
  for (const provider of Object.keys(wires)) {
    const { messages } = project(transcript, target(provider));
    assert.doesNotMatch(JSON.stringify(messages), /\\ud83d/);
  }
});

test('after an answer that broke off the next model is told to go on, unless a person says something', () => {
  const broken = message('assistant', [{ type: 'text', text: 'Half' }], {
    ...by('groq'),
    status: 'partial',
  });
  const whole = message('assistant', [{ type: 'text', text: 'The rest.' }], by('openai'));
  const texts = (transcript: Message[]) =>
    project(transcript, target('anthropic')).messages.map((entry) => JSON.stringify(entry));
  const open = texts([user('hi'), broken]);
  assert.match(open.at(-1) ?? '', /Go on from where that answer broke off/);
  assert.deepEqual(texts([user('hi'), broken, whole]).slice(0, open.length), open, 'it keeps its place');
  assert.doesNotMatch(texts([user('hi'), broken, user('Never mind.')]).join(''), /Go on from/);
});

test('thinking is off inside a tool loop that another model began, and on again after it', () => {
  const loop = [user('hi'), message('assistant', [call('a')], by('openai')), message('tool', [result('a')])];
  assert.equal(project(loop, target('anthropic')).suppressReasoning, true);
  assert.equal(project(loop, target('openai')).suppressReasoning, false);
  const stopped = [...loop, user('next')];
  assert.equal(project(stopped, target('anthropic')).suppressReasoning, true, 'words beside results');
  const answered = [...loop, message('assistant', [{ type: 'text', text: 'Done.' }], by('openai'))];
  assert.equal(project([...answered, user('next')], target('anthropic')).suppressReasoning, false);
  const own = [
    user('hi'),
    message('assistant', [thinking('anthropic'), call('a')], by('anthropic')),
    message('tool', [result('a')]),
  ];
  assert.equal(project(own, target('anthropic')).suppressReasoning, false);
});

test('images become a marker for a model that cannot see, and return for one that can', () => {
  const image = { type: 'image' as const, mediaType: 'image/png', data: 'aGVsbG8=' };
  const transcript = [message('user', [image, { type: 'text', text: 'what is it?' }])];
  const blind = target('groq', {
    capabilities: { tools: true, images: false, reasoning: false, temperature: true },
  });
  assert.match(JSON.stringify(project(transcript, blind).messages), /cannot see images/);
  assert.equal(project(transcript, target('openai')).report.kept.images, 1);
});

test('a stopped answer keeps its text only; an empty one disappears', () => {
  const stopped = message('assistant', [thinking('anthropic'), { type: 'text', text: 'I was ' }], {
    ...by('anthropic'),
    status: 'partial',
  });
  const empty = message('assistant', [{ type: 'text', text: ' ' }], {
    ...by('anthropic'),
    status: 'partial',
  });
  const { messages } = project([user('hi'), stopped, user('on'), empty, user('x')], target('anthropic'));
  assert.deepEqual(assistantParts(messages), [
    { type: 'text', text: 'I was\n\n[This answer broke off here.]' },
  ]);
});

test('the receipt counts what is kept and prices the first turn with and without cache', () => {
  const transcript = [
    user('hi'),
    message('assistant', [thinking('anthropic'), call('x:0')], by('anthropic')),
    message('tool', [result('x:0')]),
  ];
  const to = target('openai');
  const { report } = project(transcript, to);
  const count = { tokens: 50_000, estimated: false, tokenizer: 'o200k_base' as const };
  const receipt = makeReceipt(transcript, target('anthropic'), to, { report, count });
  assert.equal(receipt.kept.toolCalls, 1);
  assert.equal(receipt.converted.find(({ what }) => what === 'tool-call id')?.count, 1);
  assert.equal(receipt.firstTurnCostUsd, 0.1);
  assert.equal(receipt.cachedTurnCostUsd, 0.01);
  assert.deepEqual([receipt.fits, receipt.estimated, receipt.tokenizer], [true, false, 'o200k_base']);
  const compaction = {
    needed: true as const,
    why: 'too long',
    available: false,
    tokensAfter: 5_000,
    writers: [],
  };
  const tooLong = makeReceipt(transcript, null, to, { report, count, compaction });
  assert.deepEqual([tooLong.fits, tooLong.contextTokens, tooLong.firstTurnCostUsd], [false, 50_000, 0.01]);
});

const id = fc.oneof(
  fc.constantFrom('a', 'functions.read_file:0', 'x'.repeat(70), 'toolu_01', ''),
  fc.string({ maxLength: 80 }),
);
const anyMessage = fc.oneof(
  fc.record({ role: fc.constant('user' as const), text: fc.string() }),
  fc.record({
    role: fc.constant('assistant' as const),
    author: fc.constantFrom('openai', 'anthropic', 'groq', 'openrouter'),
    text: fc.string(),
    calls: fc.array(id, { maxLength: 3 }),
    thinks: fc.boolean(),
    partial: fc.boolean(),
  }),
  fc.record({ role: fc.constant('tool' as const), ids: fc.array(id, { minLength: 1, maxLength: 2 }) }),
);
const transcripts = fc.array(anyMessage, { maxLength: 25 }).map((list) =>
  list.map((entry) => {
    if (entry.role === 'user') return user(entry.text);
    if (entry.role === 'tool')
      return message(
        'tool',
        entry.ids.map((one) => result(one)),
      );
    const parts: Part[] = [
      ...(entry.thinks ? [thinking(entry.author)] : []),
      { type: 'text', text: entry.text },
      ...entry.calls.map((one) => call(one)),
    ];
    return message('assistant', parts, {
      ...by(entry.author),
      status: entry.partial ? 'partial' : 'complete',
    });
  }),
);
const targets = fc.constantFrom(
  target('openai'),
  target('anthropic'),
  target('groq'),
  target('openrouter', {
    dialect: { toolCallId: { pattern: '^[a-zA-Z0-9]+$', maxLength: 9, exactLength: 9 } },
  }),
);

test('any transcript: every call is answered exactly once right after it, ids are legal and unique, nothing is empty', () => {
  fc.assert(
    fc.property(transcripts, targets, (transcript, to) => {
      const before = JSON.stringify(transcript);
      const { messages } = project(transcript, to);
      assert.equal(JSON.stringify(transcript), before, 'the record is never changed');
      const seen = new Set<string>();
      messages.forEach((entry, index) => {
        if (entry.role === 'tool') {
          const previous = messages[index - 1];
          const calls =
            previous?.role === 'assistant' ? previous.parts.filter((part) => part.type === 'tool-call') : [];
          assert.deepEqual(
            entry.results.map(({ toolCallId }) => toolCallId),
            calls.map(({ toolCallId }) => toolCallId),
          );
          return;
        }
        assert.ok(entry.parts.length > 0);
        for (const part of entry.parts) {
          if (part.type === 'text') assert.notEqual(part.text.trim(), '');
          if (part.type === 'reasoning') assert.equal(part.capsule?.model, to.model);
          if (part.type !== 'tool-call') continue;
          assert.match(part.toolCallId, /^[A-Za-z0-9_-]{1,64}$/);
          assert.ok(!seen.has(part.toolCallId));
          seen.add(part.toolCallId);
          assert.equal(messages[index + 1]?.role, 'tool');
        }
      });
      assert.notEqual(messages[0]?.role, 'assistant');
    }),
    { numRuns: 400 },
  );
});

test('a longer transcript has the shorter one as its unchanged prefix, and step by step gives the same as at once', () => {
  fc.assert(
    fc.property(transcripts, targets, (loose, to) => {
      // Rows of our own tables are always in order: results directly after their call.
      const transcript = loose
        .filter((entry) => entry.role !== 'tool')
        .flatMap((entry) => {
          const ids = entry.parts.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []));
          return ids.length
            ? [
                entry,
                message(
                  'tool',
                  ids.map((one) => result(one)),
                ),
              ]
            : [entry];
        });
      const incremental = createIncrementalProject();
      let previous: string[] = [];
      for (let length = 1; length <= transcript.length; length++) {
        const next = transcript[length];
        if (next?.role === 'tool') continue;
        const now = transcript.slice(0, length);
        const step = incremental(now, to);
        assert.deepEqual(step, project(now, to));
        const texts = step.messages.map((entry) => JSON.stringify(entry));
        assert.deepEqual(texts.slice(0, previous.length), previous);
        // No request is made before a person's own words: they come instead of the words to go on.
        previous =
          next?.role === 'user' && /Go on from where/.test(texts.at(-1) ?? '') ? texts.slice(0, -1) : texts;
      }
    }),
    { numRuns: 100 },
  );
});

test('a model without tools reads calls and results as words, and no capsule or call of another reaches it', () => {
  const blind = target('groq', {
    capabilities: { tools: false, images: false, reasoning: false, temperature: true },
  });
  const asked = message(
    'assistant',
    [thinking('anthropic'), call('toolu_1', '{"path":"a"}')],
    by('anthropic'),
  );
  const answered = message('tool', [result('toolu_1', 'the text of a')]);
  const { messages } = project([user('Read a.'), asked, answered], blind);
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'user'],
  );
  const sent = JSON.stringify(messages);
  assert.match(sent, /The tool read_file was called with/);
  assert.match(sent, /the text of a/);
  assert.doesNotMatch(sent, /tool-call|tool-result|capsule/);
});
