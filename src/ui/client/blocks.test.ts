import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, describeSteps } from './blocks.ts';
import type { AnswerEntry, Call } from './entries.ts';

function call(toolCallId: string, name: string, args: Record<string, unknown> = {}): Call {
  return { toolCallId, messageId: 'm', name, args, state: 'finished', status: 'ok', output: '' };
}

function answer(key: string, more: Partial<AnswerEntry>): AnswerEntry {
  return {
    kind: 'answer',
    key,
    model: 'red/one',
    text: '',
    hasText: (more.text ?? '') !== '',
    reasoning: '',
    hasReasoning: (more.reasoning ?? '') !== '',
    status: 'complete',
    usage: null,
    calls: [],
    at: '',
    ...more,
  };
}

const none = new Set<string>();

test('quiet calls of answers without text fold into one row that carries all of them', () => {
  const first = answer('a', { reasoning: 'hm', calls: [call('1', 'list_files')] });
  const second = answer('b', { calls: [call('2', 'read_file', { path: 'x' })] });
  const blocks = blocksOf([first, second], none);
  assert.equal(blocks.length, 1);
  const [block] = blocks;
  assert.ok(block?.kind === 'steps');
  assert.deepEqual(
    block.steps.map(({ kind }) => kind),
    ['reasoning', 'call', 'call'],
  );
  assert.deepEqual(block.answers, [first, second]);
});

test('a call that can change something has a row of its own', () => {
  const blocks = blocksOf(
    [answer('a', { calls: [call('1', 'read_file'), call('2', 'edit_file'), call('3', 'read_file')] })],
    none,
  );
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ['steps', 'call', 'steps'],
  );
});

test('a call that waits for review is left to the review card', () => {
  const blocks = blocksOf([answer('a', { text: 'Look:', calls: [call('1', 'edit_file')] })], new Set(['1']));
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ['answer'],
  );
});

test('every row has a key of its own', () => {
  const entries = [
    answer('a', { reasoning: 'hm', calls: [call('1', 'read_file'), call('2', 'edit_file')] }),
    answer('b', { text: 'x', calls: [call('3', 'search_text')] }),
  ];
  const keys = blocksOf(entries, none).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test('a folded row says in words what was done', () => {
  const steps = [
    { kind: 'reasoning' as const, key: 'r', answer: answer('a', { reasoning: 'x' }) },
    ...['x.ts', 'y.ts'].map((path) => ({
      kind: 'call' as const,
      key: path,
      call: call(path, 'read_file', { path }),
    })),
    { kind: 'call' as const, key: 's', call: call('s', 'search_text', { pattern: 'throw' }) },
    { kind: 'call' as const, key: 'o', call: call('o', 'open_door') },
  ];
  assert.equal(describeSteps(steps), 'Thought, read 2 files, searched “throw”, used open door');
});
