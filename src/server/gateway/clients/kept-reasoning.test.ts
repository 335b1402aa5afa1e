import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssistantPart } from '#protocol/message.ts';
import { KeptReasoning } from './kept-reasoning.ts';

function said(data: string): AssistantPart[] {
  const capsule = { provider: 'anthropic', wire: 'anthropic-messages' as const, model: 'm', data };
  return [
    { type: 'reasoning', text: 'Hm.', capsule },
    { type: 'tool-call', toolCallId: 'theirs', name: 'f', args: '{}' },
  ];
}

test('reasoning is found by the id of its first call, by its owner only', () => {
  const kept = new KeptReasoning();
  kept.remember('ann', ['call_1'], said('"x"'));
  assert.deepEqual(
    kept.recall('ann', 'call_1').map(({ text, capsule, at }) => [text, capsule.data, at]),
    [['Hm.', '"x"', 0]],
  );
  assert.deepEqual(kept.recall('bob', 'call_1'), []);
  assert.deepEqual(kept.recall('ann', 'call_2'), []);
});

test('memory is bounded: what was not used for longest goes, and what is too large is not kept', () => {
  const kept = new KeptReasoning();
  const large = JSON.stringify('x'.repeat(6 * 1_048_576));
  kept.remember('ann', ['call_1'], said(large));
  kept.remember('ann', ['call_2'], said(large));
  assert.equal(kept.recall('ann', 'call_1').length, 1);
  kept.remember('ann', ['call_3'], said(large));
  assert.deepEqual(
    ['call_1', 'call_2', 'call_3'].map((id) => kept.recall('ann', id).length),
    [1, 0, 1],
  );
  kept.remember('ann', ['call_4'], said(JSON.stringify('x'.repeat(17 * 1_048_576))));
  assert.deepEqual(kept.recall('ann', 'call_4'), []);
  assert.equal(kept.recall('ann', 'call_3').length, 1);
});
