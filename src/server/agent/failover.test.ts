import { test } from 'node:test';
import assert from 'node:assert/strict';
import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import type { EventData } from '#protocol/events.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import { command, rejectsWith, response, seen } from './testing/steps.ts';
import { fixedModels, openWorkbench, user, type Workbench } from './testing/workbench.ts';
import type { Reply } from './testing/scripted-gateway.ts';

const failing = (code: ErrorCode) =>
  new CrosspointError(code, { provider: 'Red', model: 'red-1', tries: '3 tries' });

/** Red makes a call and then fails; any other model ends the turn. */
function redFails(reply: Reply) {
  return ({ target, messages }: ModelRequest): Reply => {
    const results = messages.filter(({ role }) => role === 'tool').length;
    if (target.provider !== 'red') return { text: `${target.provider} ends it` };
    return results === 0 ? { calls: [command('echo x >> effects.txt')] } : reply;
  };
}

async function switches(bench: Workbench, threadId: string): Promise<EventData['model.switched'][]> {
  const events = await bench.events(threadId);
  return events.flatMap((event) => (event.type === 'model.switched' ? [event.data] : []));
}

test('a model that fails for good hands the same step to the next: calls run once, text is kept, the seam says why', async () => {
  const bench = await openWorkbench(redFails({ text: 'half of ', fail: failing('provider_stream_cut') }));
  try {
    const answer = await bench.run({ message: 'go', approvalMode: 'auto', fallbackModels: ['blue'] });
    const { threadId } = answer;
    assert.equal(response(answer), 'half of \n\nblue ends it', 'a caller gets the whole answer');
    assert.equal(bench.file(threadId, 'effects.txt'), 'x\n');
    const messages = await bench.store.messages.list(threadId);
    assert.deepEqual(
      messages.map(({ role, provider, status }) => [role, provider, status]),
      [
        ['user', undefined, 'complete'],
        ['assistant', 'red', 'complete'],
        ['tool', undefined, 'complete'],
        ['assistant', 'red', 'partial'],
        ['assistant', 'blue', 'complete'],
      ],
    );
    const [seam] = await switches(bench, threadId);
    assert.equal(seam?.by, 'failover');
    assert.equal(seam.reason, failing('provider_stream_cut').message);
    assert.deepEqual([seam.from, seam.to, seam.receipt.to], ['red/red-1', 'blue/blue-1', 'blue/blue-1']);
    const { modelConfig } = await bench.agent.getThread(user, threadId);
    assert.deepEqual(modelConfig, { provider: 'blue', model: 'blue-1' });
    const ledger = await bench.store.ledger.list(user, { threadId });
    assert.deepEqual(
      ledger.map(({ provider, status }) => [provider, status]),
      [
        ['red', 'settled'],
        ['red', 'failed'],
        ['blue', 'settled'],
      ],
    );
    // No flapping: the next turn asks the new model alone.
    await bench.run({ message: 'more', threadId });
    assert.equal(bench.gateway.requests.at(-1)?.target.provider, 'blue');
    assert.equal((await switches(bench, threadId)).length, 1);
  } finally {
    await bench.close();
  }
});

test('the request of the next model ends with a person’s words, and its start keeps its bytes from then on', async () => {
  const bench = await openWorkbench(({ target, messages }, count) => {
    if (target.provider === 'red') return { text: 'half of ', fail: failing('provider_overloaded') };
    return count === 1 ? { calls: [command('true')] } : { text: `${messages.length}` };
  });
  try {
    await bench.run({ message: 'go', approvalMode: 'auto', fallbackModels: ['blue'] });
    const [, first, second] = bench.gateway.requests;
    assert.deepEqual(
      first?.messages.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    const start = JSON.stringify(first?.messages);
    assert.equal(JSON.stringify(second?.messages.slice(0, 3)), start);
    assert.deepEqual(
      second?.messages.map(({ role }) => role),
      ['user', 'assistant', 'user', 'assistant', 'tool'],
    );
  } finally {
    await bench.close();
  }
});

const curable: ErrorCode[] = [
  'provider_auth',
  'provider_forbidden',
  'provider_model_not_found',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_unreachable',
  'provider_timeout',
  'provider_protocol',
  'provider_stream_cut',
  'provider_no_credit',
  'provider_too_large',
];
for (const code of curable)
  test(`${code} is handed to the next model`, async () => {
    const bench = await openWorkbench(redFails({ fail: failing(code) }));
    try {
      const answer = await bench.run({ message: 'go', approvalMode: 'auto', fallbackModels: ['blue'] });
      assert.equal(response(answer), 'blue ends it');
    } finally {
      await bench.close();
    }
  });

for (const code of ['provider_bad_request', 'content_filtered', 'context_overflow', 'internal'] as const)
  test(`${code} is not handed to a model that would fail likewise`, async () => {
    const bench = await openWorkbench(redFails({ fail: failing(code) }));
    try {
      const { threadId, runId } = await bench.agent.start(user, {
        message: 'go',
        approvalMode: 'auto',
        fallbackModels: ['blue'],
      });
      await rejectsWith(bench.agent.answer(user, runId), code);
      assert.deepEqual(await switches(bench, threadId), []);
    } finally {
      await bench.close();
    }
  });

test('a conversation that overflows goes to the first model with a larger window', async () => {
  const models = fixedModels();
  const target: typeof models.target = (config) => ({
    ...models.target(config),
    contextWindow: config.provider === 'demo' ? 200_000 : 100_000,
  });
  const bench = await openWorkbench(redFails({ fail: failing('context_overflow') }), {
    models: { ...models, target },
  });
  try {
    const answer = await bench.run({ message: 'go', approvalMode: 'auto', fallbackModels: ['blue', 'demo'] });
    assert.equal(response(answer), 'demo ends it');
  } finally {
    await bench.close();
  }
});

test('a model that cannot be used any more when a message comes is left for the next one, and refused without a chain', async () => {
  const models = fixedModels();
  let isGone = false;
  const assertUsable: typeof models.assertUsable = (config) => {
    if (isGone && config.provider === 'red') throw failing('model_unavailable');
  };
  const bench = await openWorkbench(({ target }) => ({ text: target.provider }), {
    models: { ...models, assertUsable },
  });
  try {
    const { threadId } = await bench.run('go');
    isGone = true;
    await rejectsWith(bench.agent.start(user, { message: 'more', threadId }), 'model_unavailable');
    const answer = await bench.run({ message: 'more', threadId, fallbackModels: ['blue'] });
    assert.equal(response(answer), 'blue');
    assert.equal((await switches(bench, threadId)).length, 1);
  } finally {
    await bench.close();
  }
});

test('a model that stays empty is left for the next one', async () => {
  const bench = await openWorkbench(redFails({}));
  try {
    const answer = await bench.run({ message: 'go', approvalMode: 'auto', fallbackModels: ['blue'] });
    assert.equal(response(answer), 'blue ends it');
    const [seam] = await switches(bench, answer.threadId);
    assert.match(seam?.reason ?? '', /empty answer/);
  } finally {
    await bench.close();
  }
});

test('each model of the chain is tried once in a turn, across reviews; then the last error says how many', async () => {
  const bench = await openWorkbench(({ target, messages }) => {
    const results = messages.filter(({ role }) => role === 'tool').length;
    if (target.provider === 'blue' && results === 0) return { calls: [command('echo x >> effects.txt')] };
    return { fail: failing(target.provider === 'red' ? 'provider_unreachable' : 'provider_overloaded') };
  });
  try {
    const asked = await bench.run({ message: 'go', fallbackModels: ['red', 'blue', 'demo'] });
    assert.ok('interrupt' in asked);
    const { threadId } = asked;
    const { runId } = await bench.agent.decide(user, { threadId, approval: { action: 'approved' } });
    await rejectsWith(bench.agent.answer(user, runId), 'provider_overloaded');
    const names = (await switches(bench, threadId)).map(({ from, to }) => `${from} ${to}`);
    assert.deepEqual(names, ['red/red-1 blue/blue-1', 'blue/blue-1 demo/demo-1']);
    const end = (await bench.events(threadId)).at(-1);
    assert.match(JSON.stringify(end?.data), /3 models were tried: red\/red-1, blue\/blue-1, demo\/demo-1\./);
    assert.equal(bench.file(threadId, 'effects.txt'), 'x\n');
  } finally {
    await bench.close();
  }
});

test('a person’s choice while the request fails comes before the chain', async () => {
  const gate = Promise.withResolvers<void>();
  const bench = await openWorkbench(async ({ target }) => {
    if (target.provider === 'red') await gate.promise;
    return target.provider === 'red' ? { fail: failing('provider_overloaded') } : { text: target.provider };
  });
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go', fallbackModels: ['blue'] });
    await seen(bench, threadId, 'model.started');
    await bench.agent.updateThread(user, threadId, { modelName: 'demo' });
    gate.resolve();
    assert.equal(response(await bench.agent.answer(user, runId)), 'demo');
    const by = (await switches(bench, threadId)).map((seam) => seam.by);
    assert.deepEqual(by, ['user']);
  } finally {
    await bench.close();
  }
});

test('a person’s stop is no failure: nothing takes over, and the chain stays', async () => {
  const bench = await openWorkbench(() => ({ text: 'half ', hang: true }));
  try {
    const { threadId } = await bench.agent.start(user, { message: 'go', fallbackModels: ['blue'] });
    await seen(bench, threadId, 'message.delta');
    await bench.agent.cancel(user, threadId);
    assert.equal(bench.gateway.requests.length, 1);
    assert.deepEqual(await switches(bench, threadId), []);
    const { modelConfig, fallbackModels, runStatus } = await bench.agent.getThread(user, threadId);
    assert.deepEqual(
      [modelConfig.provider, fallbackModels[0]?.provider, runStatus],
      ['red', 'blue', 'cancelled'],
    );
  } finally {
    await bench.close();
  }
});

test('a budget holds between the models of a chain', async () => {
  const bench = await openWorkbench(redFails({ fail: failing('provider_overloaded'), costUsd: 0.5 }));
  try {
    const asked = await bench.run({ message: 'go', fallbackModels: ['blue'] });
    const { threadId } = asked;
    await bench.agent.updateThread(user, threadId, { budgetUsd: 0.4 });
    const { runId } = await bench.agent.decide(user, { threadId, approval: { action: 'approved' } });
    await rejectsWith(bench.agent.answer(user, runId), 'budget_reached');
    assert.equal(bench.gateway.requests.at(-1)?.target.provider, 'red');
  } finally {
    await bench.close();
  }
});

test('a chain is refused whole before anything changes, kept with its settings, and taken away by an empty list', async () => {
  const bench = await openWorkbench(() => ({ text: 'ok' }));
  try {
    const { threadId } = await bench.run('go');
    const change = (fallbackModels: Parameters<typeof bench.agent.updateThread>[2]['fallbackModels']) =>
      bench.agent.updateThread(user, threadId, {
        title: 'Changed',
        ...(fallbackModels ? { fallbackModels } : {}),
      });
    await rejectsWith(change(['blue', 'no-such']), 'invalid_model_preset');
    await rejectsWith(change([{ provider: 'nobody', model: 'x' }]), 'unknown_provider');
    await rejectsWith(change([{ provider: 'red', model: 'retired' }]), 'model_retired');
    assert.equal((await bench.agent.getThread(user, threadId)).title, 'go');
    const blue = { provider: 'blue', model: 'blue-1', temperature: 0.5 };
    const changed = await change([blue, 'demo', 'demo']);
    assert.deepEqual(changed.fallbackModels, [blue, { provider: 'demo', model: 'demo-1' }]);
    await bench.run({ message: 'again', threadId });
    assert.deepEqual((await bench.agent.getThread(user, threadId)).fallbackModels, changed.fallbackModels);
    assert.deepEqual((await change([])).fallbackModels, []);
  } finally {
    await bench.close();
  }
});
