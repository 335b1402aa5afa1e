import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ModelConfig } from '#protocol/model.ts';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { assertAllValid, startRealServer } from './support/real-server.ts';
import { plainTargets, targetNames, targets, type TargetName } from './support/targets.ts';

/** Thinks, makes two calls at once, then one that is reviewed, then ends the turn; or writes slowly until it is stopped. */
function talk({ step, model, lastUserText }: Asked): Answer {
  if (/slowly/.test(lastUserText)) return { reasoning: 'Slowly.', text: 'word '.repeat(4_000), paceMs: 5 };
  if (step === 0)
    return {
      reasoning: `${model} thinks about it.`,
      text: 'I look.',
      calls: [
        { name: 'list_files', args: {} },
        { name: 'run_terminal_command', args: { command: 'echo one >> log.txt' } },
        { name: 'run_terminal_command', args: { command: 'echo two >> log.txt' } },
      ],
    };
  if (step === 1) return { reasoning: 'Nearly.', calls: [{ name: 'search_text', args: { pattern: 'one' } }] };
  return { reasoning: 'Enough.', text: `${model} is done.` };
}

const { crosspoint, providers } = await startRealServer(talk);

const pairs = targetNames.flatMap((from) =>
  targetNames.filter((to) => to !== from).map((to) => [from, to] as const),
);

/** One whole turn with the given model; its calls are approved. */
async function turn(threadId: string | undefined, modelConfig: ModelConfig): Promise<string> {
  const asked = await crosspoint.say({ message: 'Go on.', modelConfig, ...(threadId ? { threadId } : {}) });
  const answer = await crosspoint.approveAll(asked);
  assert.equal(answer.response, `${modelConfig.model} is done.`);
  return answer.threadId;
}

/** What only the issuer of reasoning may get back, on its wire. Groq takes none back. */
const ownReasoning: Partial<Record<TargetName, string>> = {
  openai: '"encrypted_content":',
  anthropic: '"signature":',
  openrouter: '"reasoning_details":',
};

/** Bodies that the provider got since request number `since`, without the marks for its cache, which move. */
function bodiesFor(name: TargetName, since: number): string[] {
  const own = providers.requests.slice(since).filter(({ provider }) => provider === name);
  return own.map(({ bodyText }) => bodyText.replaceAll(/,"cache_control":\{[^}]*\}/g, ''));
}

async function switchesOf(threadId: string): Promise<string[]> {
  const events = await crosspoint.events(threadId);
  return events.flatMap((event) =>
    event.type === 'model.switched' ? [`${event.data.from} → ${event.data.to}`] : [],
  );
}

function nameOf(target: TargetName): string {
  return `${targets[target].provider}/${targets[target].model}`;
}

for (const [from, to] of pairs) {
  test(`${from} → ${to} → ${from} between turns, with reasoning and parallel calls in the history`, async () => {
    const since = providers.requests.length;
    const threadId = await turn(undefined, targets[from]);
    const before = bodiesFor(from, since).at(-1) ?? '';
    await turn(threadId, targets[to]);
    await turn(threadId, targets[from]);
    assertAllValid(providers);
    assert.ok(before.length > 1_000);
    const back = bodiesFor(from, since).at(-1) ?? '';
    assert.ok(back.startsWith(before.replace(/\]\}$/, '')), 'its old turns have the same bytes as before');
    for (const [name, mark] of Object.entries(ownReasoning))
      assert.equal(back.includes(mark), name === from, `${mark} goes back to ${name} alone`);
    assert.deepEqual(await switchesOf(threadId), [
      `${nameOf(from)} → ${nameOf(to)}`,
      `${nameOf(to)} → ${nameOf(from)}`,
    ]);
  });

  test(`${from} → ${to} at a pending review: nothing runs, the open calls are answered, the turn goes on`, async () => {
    const asked = await crosspoint.say({ message: 'Go.', modelConfig: targets[from] });
    assert.ok('interrupt' in asked);
    const { threadId } = asked;
    const next = await crosspoint.decide(threadId, { action: 'change_model', newModelConfig: targets[to] });
    const answer = await crosspoint.approveAll(next);
    assert.equal(answer.response, `${targets[to].model} is done.`);
    const { toolCalls } = await crosspoint.thread(threadId);
    const commands = toolCalls.filter(({ name }) => name === 'run_terminal_command');
    assert.deepEqual(
      commands.map(({ status }) => status),
      ['not_run', 'not_run'],
    );
    await turn(threadId, targets[from]);
    assertAllValid(providers);
  });

  test(`${from} → ${to} after a stop: what had arrived is kept, and both go on`, async () => {
    let threadId = '';
    let text = '';
    for await (const event of crosspoint.stream({ message: 'Write slowly.', modelConfig: targets[from] })) {
      if (event.type === 'run.started') ({ threadId } = event.data);
      if (event.type === 'message.delta') {
        if (text === '') await crosspoint.api('POST', `/api/threads/${threadId}/cancel`, {});
        text += event.data.text;
      }
      if (event.type === 'run.finished') assert.equal(event.data.status, 'cancelled');
    }
    const stopped = (await crosspoint.thread(threadId)).messages.at(-1);
    assert.equal(stopped?.status, 'partial');
    assert.equal(stopped.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''), text);
    await turn(threadId, targets[to]);
    await turn(threadId, targets[from]);
    assertAllValid(providers);
  });
}

test('one thread through every model in turn and back, thinking or not, on every wire', async () => {
  const tour = [...Object.values(targets), ...plainTargets];
  let threadId: string | undefined;
  for (const config of [...tour, ...tour.toReversed()]) threadId = await turn(threadId, config);
  assertAllValid(providers);
});
