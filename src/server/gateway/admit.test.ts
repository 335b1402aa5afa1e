import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnsweredHistories } from './admit.ts';
import type { PromptMessage } from './types.ts';
import { openWorkbench, request, says, target } from './testing/workbench.ts';

function calls(...ids: string[]): PromptMessage {
  return {
    role: 'assistant',
    parts: ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, name: 'read_file', args: '{}' })),
  };
}

function results(...ids: string[]): PromptMessage {
  return {
    role: 'tool',
    results: ids.map((toolCallId) => ({
      type: 'tool-result',
      toolCallId,
      name: 'read_file',
      status: 'ok',
      text: 'ok',
    })),
  };
}

const dangling: [string, PromptMessage[]][] = [
  ['a call at the end', [says('a'), calls('1')]],
  ['a call before words', [says('a'), calls('1'), says('b')]],
  ['one of two calls', [says('a'), calls('1', '2'), results('1'), says('b')]],
  ['a result too many', [says('a'), calls('1'), results('1', '1')]],
  ['a result alone', [says('a'), results('1')]],
  ['one id for two calls', [says('a'), calls('1', '1'), results('1', '1')]],
];

for (const [what, messages] of dangling)
  test(`I4: ${what} without its counterpart is our error, before a request is spent`, async () => {
    const warnings: object[] = [];
    await using bench = await openWorkbench({ logger: { warn: (details) => warnings.push(details) } });
    const { failure } = await bench.ask(request(target('openai:gpt-4o'), { messages }));
    assert.equal(failure?.code, 'internal');
    assert.equal(bench.providers.requests.length, 0);
    assert.equal(bench.ledger.rows.length, 0);
    const [{ reference = '' } = {}] = warnings as { reference?: string }[];
    assert.ok(reference && failure?.message.includes(reference));
  });

test('I4: calls that are all answered go out, over several tool messages too', async () => {
  await using bench = await openWorkbench();
  const messages = [
    says('a'),
    calls('1', '2'),
    results('2'),
    results('1'),
    calls('1'),
    results('1'),
    says('b'),
  ];
  const { failure } = await bench.ask(request(target('openai:gpt-4o'), { messages }));
  assert.ifError(failure);
});

test('a provider that is not configured, or has no key, is told before anything is sent', async () => {
  await using bench = await openWorkbench({ withoutKey: ['openai'] });
  const unknown = await bench.ask(request(target('nobody:x')));
  assert.equal(unknown.failure?.code, 'unknown_provider');
  const keyless = await bench.ask(request(target('openai:gpt-4o')));
  assert.equal(keyless.failure?.code, 'model_unavailable');
  assert.match(keyless.failure?.message ?? '', /OPENAI_API_KEY is not set/);
  assert.equal(bench.providers.requests.length + bench.ledger.rows.length, 0);
});

test('I4: what a conversation adds is checked, also when its beginning was checked before', () => {
  const histories = new AnsweredHistories();
  const messages = [says('a'), calls('1'), results('1'), says('b')];
  assert.equal(histories.problemIn(messages), null);
  assert.equal(histories.problemIn([...messages, calls('2'), results('2')]), null);
  assert.match(histories.problemIn([...messages, calls('3'), says('c')]) ?? '', /the call 3 has no result/);
  assert.match(histories.problemIn([...messages, results('4')]) ?? '', /the result of 4 has no call/);
  assert.match(histories.problemIn([...messages.slice(0, 2), says('c')]) ?? '', /the call 1 has no result/);
});
