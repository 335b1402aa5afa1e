import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorkbench, request, target } from './testing/workbench.ts';

/** Frames that are JSON but not what the wire's types promise. */
const frames: [model: string, frame: object][] = [
  ['openai:gpt-4o', { choices: [{ delta: { content: 5 } }] }],
  ['openai:gpt-4o', { choices: [{ delta: { reasoning: { text: 'x' } } }] }],
  ['openai:gpt-4o', { choices: [{ delta: { tool_calls: [null] } }] }],
  ['openai:gpt-5.2', { type: 'response.output_text.delta', output_index: 0, delta: 5 }],
  [
    'anthropic:claude-sonnet-5',
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 5 } },
  ],
];

for (const [model, frame] of frames)
  test(`F8: a frame of another shape is the provider's failure, not ours: ${JSON.stringify(frame)}`, async () => {
    const body = `data: ${JSON.stringify(frame)}\n\n`;
    const fault = { kind: 'page', body, contentType: 'text/event-stream' } as const;
    await using bench = await openWorkbench({ script: () => ({ text: 'x', fault }) });
    const { failure } = await bench.ask(request(target(model)));
    assert.equal(failure?.code, 'provider_protocol');
  });

test('I5: a report of tokens that cannot be is none: what is counted here stands in its place', async () => {
  for (const usage of [
    { input: -5, output: 3 },
    { input: 5, output: '7' as unknown as number },
    { input: 1, output: 1, cost: -1 },
  ]) {
    await using bench = await openWorkbench({ script: [{ text: 'Words.', usage }] });
    await bench.ask(request(target('groq:openai/gpt-oss-120b')));
    const [row] = bench.ledger.rows;
    const tokens = [row?.inputTokens, row?.outputTokens];
    assert.ok(
      tokens.every((count) => Number.isInteger(count) && Number(count) >= 0),
      JSON.stringify(tokens),
    );
    assert.equal(row?.estimated, usage.cost === undefined);
  }
});
