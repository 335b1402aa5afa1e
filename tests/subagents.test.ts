import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ThreadView } from '#protocol/thread.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { targetNames, targets } from './support/targets.ts';

/** The thread's model sends two subagents at once; each looks once, thinks aloud, and answers. */
function model({ lastUserText, step }: Asked): Answer {
  if (/^Find /.test(lastUserText))
    return step === 0
      ? { reasoning: 'I list them.', calls: [{ name: 'list_files', args: {} }] }
      : { reasoning: 'Now I know.', text: `Found by ${lastUserText}` };
  if (step > 0) return { text: 'Both came back.' };
  const ask = (task: string) => ({ name: 'explore', args: { task } });
  return { calls: [ask('Find the first.'), ask('Find the second.')] };
}

let providers: Providers;
let crosspoint: Crosspoint;
before(async () => {
  providers = await startProviders({ script: model });
  crosspoint = await Crosspoint.start(providers.env());
});
after(async () => {
  await crosspoint.remove();
  await providers.close();
});

for (const name of targetNames)
  test(`subagents of a thread with ${name}: cheap, on the ledger, and in the form that the provider takes`, async () => {
    const modelConfig = targets[name];
    const { threadId } = await crosspoint.say({ message: 'Look around.', modelConfig });
    const thread = await crosspoint.api<ThreadView>('GET', `/api/threads/${threadId}`);
    const results = thread.messages
      .flatMap(({ parts }) => parts)
      .filter((part) => part.type === 'tool-result');
    assert.deepEqual(results.map(({ text }) => text.split('\n', 1)[0]).sort(), [
      'Found by Find the first.',
      'Found by Find the second.',
    ]);
    for (const { subagent } of results) {
      assert.equal(subagent?.requests, 2);
      assert.equal(subagent.model.split('/', 1)[0], modelConfig.provider);
    }
    assert.deepEqual(providers.mistakes, []);
  });
