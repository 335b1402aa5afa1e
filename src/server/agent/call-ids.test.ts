import assert from 'node:assert/strict';
import { test } from 'node:test';
import { write } from './testing/steps.ts';
import { inOrder, openWorkbench, user } from './testing/workbench.ts';

test('a call can be decided whatever id its provider gave it, and its result finds it', async () => {
  const ids = [
    'functions.write_file:0',
    '',
    'x'.repeat(500),
    'half \ud83d',
    'zero\u0000byte',
    'x'.repeat(500),
  ];
  const calls = ids.map((id, index) => ({ ...write(`${index}.txt`, 'text'), id }));
  const bench = await openWorkbench(inOrder({ calls }, { text: 'done' }));
  try {
    const asked = await bench.run('go');
    assert.ok('interrupt' in asked);
    const shown = asked.data.toolCalls.map(({ id }) => id);
    assert.equal(shown[0], ids[0]);
    assert.equal(new Set(shown).size, ids.length);
    for (const id of shown) assert.match(id, /^[\x20-\x7e]{1,200}$/);
    const decisions = asked.data.toolCalls.map(({ id: toolCallId, hash }) => {
      return { toolCallId, hash, action: 'approved' as const };
    });
    const { runId } = await bench.agent.decide(user, {
      threadId: asked.threadId,
      approval: { decisions },
    });
    await bench.agent.answer(user, runId);
    for (const index of ids.keys()) assert.equal(bench.file(asked.threadId, `${index}.txt`), 'text');
  } finally {
    await bench.close();
  }
});
