import { rmSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ModelRequest } from '#server/gateway/types.ts';
import type { ModelManager } from '#server/models/types.ts';
import { command, response } from './testing/steps.ts';
import { fixedModels, inOrder, openWorkbench, user } from './testing/workbench.ts';

/** `red` has a window of 100,000 tokens, `blue` one of a million. */
function twoWindows(): ModelManager {
  const models = fixedModels();
  const target: ModelManager['target'] = (config) => ({
    ...models.target(config),
    contextWindow: config.provider === 'blue' ? 1_000_000 : 100_000,
  });
  return { ...models, target };
}

/** About 5,000 tokens of output, and another for each number. */
const flood = (number: number) =>
  command(`echo "begin ${number}"; seq ${number}00000 ${number}02700; echo end`);
const floods = Array.from({ length: 9 }, (_value, index) => ({ calls: [flood(index + 1)] }));

const resultsIn = ({ messages }: ModelRequest) =>
  messages.flatMap((message) => (message.role === 'tool' ? message.results.map(({ text }) => text) : []));
const namesIn = ({ tools }: ModelRequest) => tools.map(({ name }) => name);

test('old output is shortened for the model that has no room for it, is found by recall, and is whole for another', async () => {
  const recalled = { name: 'recall', args: { from: 3, offset: 6_000 } };
  const options = { models: twoWindows() };
  const first = await openWorkbench(inOrder(...floods, { calls: [recalled] }, { text: 'found' }), options);
  const { dataDir } = first;
  let last: ModelRequest | undefined;
  let threadId = '';
  try {
    const answer = await first.run({ message: 'Look', approvalMode: 'auto' });
    ({ threadId } = answer);
    assert.equal(response(answer), 'found');
    const { requests } = first.gateway;
    const short = requests.map(
      (request) => resultsIn(request).filter((text) => text.includes('because it is old')).length,
    );
    const at = short.findIndex((count) => count > 0);
    assert.ok(at > 5, `shortened at request ${at}`);
    assert.ok(
      short.slice(at).every((count) => count === short[at]),
      'once, in one step',
    );
    assert.deepEqual(
      requests.map((request) => namesIn(request).includes('recall')),
      short.map((count) => count > 0),
    );
    const results = await first.results(threadId);
    assert.ok(
      results.slice(0, 9).every(({ text }) => text.length > 18_000),
      'the record keeps all of it',
    );
    const shown = results.at(-1)?.text ?? '';
    assert.match(shown, /^#3 tool:\n/);
    assert.ok(results[0]?.text.includes(shown.split('\n')[5] ?? '-'));
    last = requests.at(-1);
  } finally {
    await first.agent.close();
    await first.workspaces.close();
    first.checkpointer.close();
    await first.store.close();
  }
  const second = await openWorkbench(inOrder({ text: 'same' }, { text: 'all' }, { text: 'short' }), {
    ...options,
    dataDir,
  });
  try {
    await second.run({ message: 'Again', threadId });
    const begin = JSON.stringify(last?.messages).slice(0, -1);
    const [again] = second.gateway.requests;
    assert.ok(JSON.stringify(again?.messages).startsWith(begin), 'the same bytes after a restart');
    await second.run({ message: 'And you?', threadId, modelName: 'blue' });
    const wide = second.gateway.requests[1];
    assert.ok(
      wide &&
        resultsIn(wide)
          .slice(0, 9)
          .every((text) => text.length > 18_000),
    );
    assert.ok(!namesIn(wide).includes('recall'));
    await second.run({ message: 'Back.', threadId, modelName: 'red' });
    const back = second.gateway.requests[2];
    assert.ok(JSON.stringify(back?.messages).startsWith(begin), 'and after a switch there and back');
    const preview = await second.agent.previewSwitch(user, threadId, { modelName: 'red' });
    assert.ok(
      preview.converted.some(({ what, why }) => what === 'tool result' && why.startsWith('it is old')),
    );
  } finally {
    await second.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
