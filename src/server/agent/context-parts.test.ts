import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ContextParts } from '#protocol/context.ts';
import type { PromptMessage } from '#server/gateway/types.ts';
import { PartCounter, scaled } from './handoff/tokens/part-sizes.ts';
import { command, rejectsWith, write } from './testing/steps.ts';
import { inOrder, openWorkbench, user } from './testing/workbench.ts';

const sumOf = ({ parts }: Pick<ContextParts, 'parts'>) =>
  Object.values(parts).reduce((sum, part) => sum + part, 0);
/** Tokens of so many characters, as they are estimated. */
const tokens = (characters: number) => characters / 3.6;
const near = (value: number, expected: number, name: string) =>
  assert.ok(
    Math.abs(value - expected) <= expected * 0.1 + 60,
    `${name}: ${value}, expected about ${expected}`,
  );

test('each part of the context is counted where it belongs, and together they are the request', async () => {
  const rules = 'Use tabs. '.repeat(400);
  const file = 'const file = 1;\n'.repeat(500);
  const bench = await openWorkbench(
    inOrder(
      { calls: [write('AGENTS.md', rules), write('a.ts', file)] },
      { text: 'written' },
      { calls: [{ name: 'read_file', args: { path: 'a.ts' } }, command('seq 1 4000')] },
      { text: 'word '.repeat(2_000) },
    ),
  );
  try {
    const { threadId } = await bench.run({ message: 'Begin', approvalMode: 'auto' });
    const before = await bench.agent.getContext(user, threadId);
    assert.equal(sumOf(before), before.tokens);
    near(before.parts.toolOutput, tokens(rules.length + file.length), 'what was written');
    await bench.run({ message: `Go on. ${'please '.repeat(1_000)}`, threadId });
    const after = await bench.agent.getContext(user, threadId);
    assert.deepEqual([after.model, after.contextWindow, after.answerTokens], ['red/red-1', 100_000, 8_000]);
    assert.equal(sumOf(after), after.tokens);
    near(after.parts.instructions, tokens(rules.length), 'instructions');
    near(after.parts.files, tokens(file.length + 500 * 7), 'files');
    near(after.parts.toolOutput - before.parts.toolOutput, tokens(18_893), 'output');
    near(after.parts.talk, tokens(10_000 + 7_000), 'talk');
    assert.ok(after.parts.system > 300 && after.parts.tools > 300);
    const request = bench.gateway.requests.at(-1);
    near(after.parts.system, tokens((request?.system.length ?? 0) - rules.length), 'system');
    near(after.parts.tools, tokens(JSON.stringify(request?.tools).length), 'tools');
    await rejectsWith(bench.agent.getContext('somebody', threadId), 'not_found');
  } finally {
    await bench.close();
  }
});

test('reasoning, pictures, attached files and the results of a model without tools have their places', () => {
  const text = 'x'.repeat(3_600);
  const messages: PromptMessage[] = [
    { role: 'user', parts: [{ type: 'text', text: `<file name="a \\"b\\".txt">\n${text}\n</file>` }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text },
        { type: 'text', text: `\n[The tool x was called with {}]${text}` },
      ],
    },
    {
      role: 'user',
      parts: [
        { type: 'text', text: `[Result of read_file]\n${text}` },
        { type: 'image', mediaType: 'image/png', data: '' },
      ],
    },
    { role: 'user', parts: [{ type: 'text', text: `[Result of load_skill]\n${text}` }] },
  ];
  const sizes = new PartCounter().sizes(messages, { system: '', tools: [] }, '');
  near(sizes.files, 1_000 + 1_000 + 1_200, 'files');
  near(sizes.reasoning, 1_000, 'reasoning');
  near(sizes.toolOutput, 1_000, 'calls');
  near(sizes.instructions, 1_000, 'skills');
  const parts = scaled(sizes, 12_345);
  assert.equal(sumOf({ parts }), 12_345);
  assert.equal(sumOf({ parts: scaled(scaled(sizes, 0), 7) }), 0, 'nothing is made of nothing');
});
