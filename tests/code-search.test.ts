import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeIndexView } from '#protocol/code-index.ts';
import type { RewindPlan } from '#protocol/workspace.ts';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { eventually } from './support/eventually.ts';

const skip = await cannotRun();

/** Does what the person writes: `search …`, `run …`, or `write PATH NAME` for a file with a function of that name. */
function obey({ step, lastUserText, toolResults }: Asked): Answer {
  if (step > 0) return { text: toolResults.at(-1)?.text ?? 'nothing' };
  const [, verb = '', rest = ''] = /^(\w+) ([^]*)$/.exec(lastUserText) ?? [];
  if (verb === 'search') return { calls: [{ name: 'search_code', args: { query: rest } }] };
  if (verb === 'run') return { calls: [{ name: 'run_terminal_command', args: { command: rest } }] };
  const [path = '', name = ''] = rest.split(' ');
  return { calls: [{ name: 'write_file', args: { path, content: functionNamed(name) } }] };
}

const functionNamed = (name: string) =>
  `export function ${name}(items) {\n  let sum = 0;\n  for (const item of items) sum += item.price * item.count;\n  return sum;\n}\n`;

/** The real server as a process, the real local sandbox, a model that does what it is told. */
describe('the code search of a server', { skip }, () => {
  let providers: Providers;
  let crosspoint: Crosspoint;
  let threadId: string;
  before(async () => {
    providers = await startProviders({ script: obey });
    crosspoint = await Crosspoint.start({
      ...providers.env(),
      DEFAULT_MODEL_PROVIDER: 'openai',
      DEFAULT_MODEL: 'gpt-4.1',
    });
    ({ threadId } = await say('write src/cart.js totalOfCart'));
  });
  afterEach(() => assert.deepEqual(providers.mistakes, []));
  after(async () => {
    await crosspoint.remove();
    await providers.close();
  });

  async function say(message: string, thread?: string): Promise<{ threadId: string; response: string }> {
    const answer = await crosspoint.say({
      message,
      approvalMode: 'auto',
      ...(thread === undefined ? {} : { threadId: thread }),
    });
    assert.ok(!('interrupt' in answer));
    return answer;
  }
  const search = async (words: string) => (await say(`search ${words}`, threadId)).response;
  const index = () => crosspoint.api<CodeIndexView>('GET', `/api/threads/${threadId}/index`);
  const kept = () => readdirSync(join(crosspoint.dataDir, 'search')).filter((name) => name.endsWith('.db'));

  test('the agent finds what it wrote, without a review, and the thread says how far the index is', async () => {
    assert.match(
      await search('add up the prices'),
      /src\/cart\.js:1-5 {2}function totalOfCart\n +1\texport function/,
    );
    const { state, files, done, store, embeddingModel } = await index();
    assert.deepEqual([state, files, done, store, embeddingModel], ['ready', 1, 1, 'embedded', null]);
  });

  test('what the agent, a command, the person and a rewind change is found as it is', async () => {
    await say('run sed -i s/totalOfCart/priceOfBasket/ src/cart.js', threadId);
    assert.match(await search('price of the basket'), /priceOfBasket/);
    const path = 'src/cart.js';
    const address = `/api/threads/${threadId}/files/content`;
    const { hash } = await crosspoint.api<{ hash: string }>('GET', `${address}?path=${path}`);
    await crosspoint.api('PUT', address, { path, content: functionNamed('worthOfOrder'), hash });
    assert.match(await search('worth of an order'), /worthOfOrder/);
    await say('write src/second.js secondThing', threadId);
    assert.match(await search('the second thing'), /secondThing/);
    const { messages } = await crosspoint.thread(threadId);
    const asked = messages.find(({ parts }) => JSON.stringify(parts).includes('write src/second.js'));
    const target = { kind: 'message', messageId: asked?.id };
    const plan = await crosspoint.api<RewindPlan>('POST', `/api/threads/${threadId}/rewind/preview`, {
      target,
    });
    const command = { target, what: 'files', planHash: plan.hash, onConflict: 'skip' };
    await crosspoint.api('POST', `/api/threads/${threadId}/rewind`, command);
    assert.doesNotMatch(await search('the second thing'), /second\.js/);
    await crosspoint.api('DELETE', `/api/threads/${threadId}/files?path=${path}`);
    assert.match(await search('worth of an order'), /Nothing was found/);
  });

  test('after kill -9 in the middle of it the index is whole, and what was missing is read', async () => {
    await say(
      'run for i in $(seq 240); do mkdir -p many; seq -f "export const value%g = $i;" 60 > many/m$i.js; echo "export function needle$i() { return $i }" >> many/m$i.js; done',
      threadId,
    );
    await eventually(
      'files are read',
      async () => (await index()).state !== 'new' && (await index()).files > 0,
    );
    await crosspoint.kill();
    await crosspoint.restart();
    await eventually('all is found', async () => (await search('needle239')).includes('many/m239.js'));
    await eventually('all is read', async () => (await index()).state === 'ready');
    assert.equal((await index()).done, 240);
  });

  test('the index goes with the thread', async () => {
    assert.equal(kept().length, 1);
    await crosspoint.api('DELETE', `/api/threads/${threadId}`);
    assert.deepEqual(kept(), []);
  });
});
