import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import type { Message } from '#protocol/message.ts';
import type { Model } from '#protocol/model.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { Reply } from '../testing/scripted-gateway.ts';
import { seen, write } from '../testing/steps.ts';
import { fixedModels, openWorkbench, user } from '../testing/workbench.ts';
import { createTools } from '../tools/index.ts';
import { explore } from '../tools/explore.ts';
import type { HostTool } from '../tools/tool.ts';
import { createExplorer } from './explorer.ts';
import type { ExplorationLimits } from './exploration.ts';

const ask = (task: string) => ({ name: 'explore', args: { task } });
const read = (path: string) => ({ name: 'read_file', args: { path } });
const isSubagent = ({ system }: ModelRequest) => system.startsWith('You are a subagent');

/** Two more models of the thread's provider: one cheaper, one that cannot call tools. */
function listedModels(): ModelManager {
  const fixed = fixedModels();
  const model = (name: string, input: number, tools = true): Model => ({
    ...fixed.describe({ provider: 'red', model: name }),
    cost: { input, output: input },
    capabilities: { tools, images: false, reasoning: false, temperature: true },
    contextWindow: 100_000,
    status: 'active',
    available: true,
  });
  return {
    ...fixed,
    list: () => [
      model('red-1', 1),
      model('red-mini', 0.1),
      model('mute', 0.01, false),
      { ...model('blue-nano', 0.001), provider: 'blue' },
    ],
  };
}

/** A thread whose model sends subagents; `sub` scripts these. */
async function openBench(
  main: (request: ModelRequest, count: number) => Reply,
  sub: (request: ModelRequest, step: number) => Reply | Promise<Reply>,
  limits: Partial<ExplorationLimits> = {},
  page: HostTool<unknown> | null = null,
) {
  const models = listedModels();
  let mains = 0;
  return openWorkbench(
    (request) =>
      isSubagent(request)
        ? sub(request, request.messages.filter(({ role }) => role === 'assistant').length)
        : main(request, mains++),
    {
      models,
      toolsWith: (made) => {
        const explorer = createExplorer({ ...made, models, limits });
        return page ? [explore(explorer, [page])] : createTools({ explorer });
      },
    },
  );
}

const resultTexts = (request: ModelRequest) =>
  request.messages
    .flatMap((message) => (message.role === 'tool' ? message.results : []))
    .map(({ text }) => text);

test('a subagent reads with the cheapest model of the provider; its answer, cost and progress reach the thread', async () => {
  const bench = await openBench(
    (_request, count) =>
      [
        { calls: [write('src/total.js', 'export const total = 1;\n')] },
        { calls: [ask('Where is the total?')] },
        { text: 'It is there.' },
      ][count] ?? { text: 'done' },
    (_request, step) =>
      step === 0
        ? { calls: [read('src/total.js')], costUsd: 0.01 }
        : { text: 'In src/total.js:1.', costUsd: 0.02 },
  );
  try {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    const subs = bench.gateway.requests.filter(isSubagent);
    assert.deepEqual(
      subs.map(({ target }) => target.model),
      ['red-mini', 'red-mini'],
    );
    assert.ok(
      subs.every(({ context }) => context.threadId === threadId && context.properties?.Purpose === 'explore'),
    );
    assert.match(resultTexts(subs[1] as ModelRequest)[0] ?? '', /export const total/);
    const result = (await bench.results(threadId)).find(({ name }) => name === 'explore');
    assert.match(result?.text ?? '', /^In src\/total\.js:1\.\n/);
    assert.match(result?.text ?? '', /Read src\/total\.js/);
    const { costUsd, ...subagent } = result?.subagent ?? { costUsd: 0 };
    assert.deepEqual(subagent, {
      model: 'red/red-mini',
      requests: 2,
      calls: 1,
      inputTokens: 200,
      outputTokens: 20,
    });
    assert.ok(Math.abs((costUsd ?? 0) - 0.03) < 1e-9);
    const thread = await bench.agent.getThread(user, threadId);
    assert.ok(
      Math.abs(thread.costUsd - 0.033) < 1e-9,
      'three requests of the thread and two of the subagent',
    );
    const output = (await bench.events(threadId)).filter(({ type }) => type === 'tool.output');
    assert.match(JSON.stringify(output), /Read src\/total\.js/);
    const types = await bench.types(threadId);
    assert.ok(!types.includes('review.requested'));
    assert.equal(
      thread.messages.filter(({ role }) => role === 'assistant').length,
      3,
      'its talk is no message of the thread',
    );
  } finally {
    await bench.close();
  }
});

test('a subagent can only read: it is offered nothing else, and what it calls all the same is refused', async () => {
  const bench = await openBench(
    (_request, count) => (count === 0 ? { calls: [ask('Change it.')] } : { text: 'done' }),
    (_request, step) =>
      step === 0
        ? {
            calls: [
              write('evil.txt', 'x'),
              { name: 'run_terminal_command', args: { command: 'touch evil' } },
              ask('Again.'),
              { name: 'update_plan', args: { items: [] } },
            ],
          }
        : { text: 'Nothing.' },
  );
  try {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    const [first, second] = bench.gateway.requests.filter(isSubagent);
    assert.deepEqual(
      first?.tools.map(({ name }) => name),
      ['read_file', 'list_files', 'search_text'],
    );
    const texts = resultTexts(second as ModelRequest);
    assert.equal(texts.length, 4);
    assert.ok(texts.every((text) => text.startsWith('Error: There is no tool')));
    assert.throws(() => bench.file(threadId, 'evil.txt'));
  } finally {
    await bench.close();
  }
});

test('a call that a person must decide about is refused to a subagent, and its task is not taken for words of a person', async () => {
  const records: Message[][] = [];
  const page: HostTool<unknown> = {
    name: 'read_page',
    kind: 'read',
    onHost: true,
    description: 'x',
    parameters: { type: 'object', properties: {} },
    parse: (args) => args,
    mustAsk: (_args, record) => {
      records.push([...record]);
      return !JSON.stringify(record.filter(({ role }) => role === 'user')).includes('https://good.test');
    },
    run: () => Promise.resolve({ status: 'ok', text: 'the page', summary: 'Read the page' }),
  };
  const run = async (message: string) => {
    const bench = await openBench(
      (_request, count) => (count === 0 ? { calls: [ask('Read https://good.test now.')] } : { text: 'done' }),
      (_request, step) => (step === 0 ? { calls: [{ name: 'read_page', args: {} }] } : { text: 'ok' }),
      {},
      page,
    );
    try {
      await bench.run(message);
      return resultTexts(bench.gateway.requests.findLast(isSubagent) as ModelRequest);
    } finally {
      await bench.close();
    }
  };
  assert.match((await run('look it up'))[0] ?? '', /Only a person can allow this call/);
  assert.deepEqual(await run('look at https://good.test'), ['the page']);
  assert.equal(records.length, 2);
});

test('a model that fails is followed once by the thread’s own, which goes on with what was read', async () => {
  const failure = new CrosspointError('provider_overloaded', { provider: 'red' });
  const bench = await openBench(
    (_request, count) => (count === 0 ? { calls: [ask('Look.')] } : { text: 'done' }),
    ({ target }, step) => {
      if (step === 0) return { calls: [{ name: 'list_files', args: {} }] };
      return target.model === 'red-mini' ? { fail: failure } : { text: 'Found.' };
    },
  );
  try {
    const { threadId } = await bench.run('go');
    const [result] = await bench.results(threadId);
    assert.equal(result?.status, 'ok');
    assert.equal(result.subagent?.model, 'red/red-1');
    assert.equal(result.subagent.requests, 3);
    assert.match(result.text, /red\/red-mini failed/);
  } finally {
    await bench.close();
  }
});

test('a subagent that never stops is asked to answer; one that fails for good is an outcome, and the run goes on', async () => {
  const endless = await openBench(
    (_request, count) => (count === 0 ? { calls: [ask('Look.')] } : { text: 'done' }),
    ({ toolChoice }) =>
      toolChoice === 'none' ? { text: 'So far: nothing.' } : { calls: [{ name: 'list_files', args: {} }] },
    { requests: 4 },
  );
  try {
    const { threadId } = await endless.run('go');
    const [result] = await endless.results(threadId);
    assert.match(result?.text ?? '', /^So far: nothing\./);
    assert.equal(result?.subagent?.requests, 4);
  } finally {
    await endless.close();
  }
  const failing = await openBench(
    (_request, count) => (count === 0 ? { calls: [ask('Look.')] } : { text: 'I look myself.' }),
    () => ({ fail: new CrosspointError('provider_unreachable', { provider: 'red', host: 'red.test' }) }),
  );
  try {
    const { threadId } = await failing.run('go');
    const [result] = await failing.results(threadId);
    assert.equal(result?.status, 'error');
    assert.match(result.text, /^Error: the subagent came to no answer: .*red/);
  } finally {
    await failing.close();
  }
});

test('the budget of the thread counts for subagents, and stopping the run stops them, also those that wait', async () => {
  const spending = await openBench(
    (_request, count) => (count === 1 ? { calls: [ask('Look.')] } : { text: 'done' }),
    () => ({ calls: [{ name: 'list_files', args: {} }], costUsd: 2 }),
  );
  try {
    const { threadId } = await spending.run('hello');
    await spending.agent.updateThread(user, threadId, { budgetUsd: 3.5 });
    spending.gateway.requests.length = 0;
    spending.gateway.script = (request) =>
      isSubagent(request)
        ? { calls: [{ name: 'list_files', args: {} }], costUsd: 2 }
        : { calls: [ask('Look.')] };
    await assert.rejects(spending.run({ threadId, message: 'again' }), /budget/);
    assert.ok(spending.gateway.requests.filter(isSubagent).length <= 2);
    const results = await spending.results(threadId);
    assert.match(results.at(-1)?.text ?? '', /budget/);
  } finally {
    await spending.close();
  }
  let begun = 0;
  const starts = new EventTarget();
  const hanging = await openBench(
    (_request, count) =>
      count === 0 ? { calls: [1, 2, 3, 4, 5].map((each) => ask(`Look ${each}.`)) } : { text: 'done' },
    () => {
      begun += 1;
      if (begun === 3) starts.dispatchEvent(new Event('three'));
      return { hang: true };
    },
  );
  try {
    const three = once(starts, 'three');
    const { threadId, runId } = await hanging.agent.start(user, { message: 'go' });
    await three;
    await hanging.agent.cancel(user, threadId);
    await hanging.agent.answer(user, runId).catch(() => undefined);
    await seen(hanging, threadId, 'run.finished');
    assert.equal(begun, 3, 'no more than three at once');
    const results = await hanging.results(threadId);
    assert.equal(results.length, 5, 'each call has its result');
  } finally {
    await hanging.close();
  }
});
