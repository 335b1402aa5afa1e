import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelConfig } from '#protocol/model.ts';
import type { ThreadView } from '#protocol/thread.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { targets } from '#tests/support/targets.ts';
import { checkRecord, type Known } from './support/check-record.ts';
import { randomFrom } from './support/random.ts';

const rounds = Number(process.env.KILL_ROUNDS ?? 24);
/** A round is repeated by its number alone. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
/** Milliseconds after which no further round begins, so that a slow machine bounds the test too. */
const budgetMs = 45_000;
const fewestRounds = 12;

const models: ModelConfig[] = Object.values(targets);
const effectOf = (args: string) => /line-\d+/.exec(args)?.[0];

/** Two commands, each with a line that no other leaves; then the end. Text comes slowly, so that there is a middle of it. */
function work({ number, step, lastUserText }: Asked): Answer {
  if (/fail over/.test(lastUserText) && step === 1 && failing.delete(lastUserText))
    return { text: 'half of it', fault: { kind: 'status', status: 401 } };
  if (step >= 2) return { reasoning: 'Enough.', text: `Done: ${lastUserText}`, paceMs: 4 };
  const command = `echo line-${number} >> effects.txt; sleep 0.03`;
  return {
    reasoning: 'Hm, slowly.',
    text: 'I run something now.',
    calls: [{ name: 'run_terminal_command', args: { command } }],
    paceMs: 4,
  };
}

/** Messages whose second request still has to fail for good, once. */
const failing = new Set<string>();

let providers: Providers;
before(async () => (providers = await startProviders({ script: work })));
after(() => providers.close());

type Fault = 'kill' | 'stop' | 'disconnect';
type Way = 'streaming' | 'review' | 'failover';

/** One turn in which the model is switched in some way, while something happens to the server, the run or the reader. */
class Round {
  readonly #crosspoint: Crosspoint;
  readonly #random: () => number;
  readonly acknowledged: Known['acknowledged'][number][] = [];
  threadId: string | undefined;

  constructor(crosspoint: Crosspoint, random: () => number) {
    this.#crosspoint = crosspoint;
    this.#random = random;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }

  /** Resolves when the fault has happened. */
  async run(way: Way, fault: Fault, text: string): Promise<void> {
    const hit = sleep(this.#random() * 500).then(() => this.#hit(fault));
    await Promise.all([hit, this.#turn(way, fault, text).catch(expectGone)]);
    if (fault === 'kill') await this.#crosspoint.restart();
    else await this.#ended();
  }

  async #turn(way: Way, fault: Fault, text: string): Promise<void> {
    const [from, to] = [this.pick(models), this.pick(models)];
    if (way === 'failover') failing.add(text);
    const command = {
      message: text,
      modelConfig: from,
      approvalMode: way === 'review' ? 'ask' : 'auto',
      fallbackModels: way === 'failover' ? models.filter((model) => model !== from) : [],
      ...(this.threadId ? { threadId: this.threadId } : {}),
    };
    let switched = false;
    for await (const event of this.#crosspoint.stream(command)) {
      if (event.type === 'run.started') this.#acknowledge(event.data.threadId, text);
      if (way === 'streaming' && !switched && event.type === 'message.delta') {
        switched = true;
        await this.#patch(to);
        if (fault === 'disconnect') return;
      }
    }
    if (way === 'review') await this.#changeModel(to);
  }

  #acknowledge(threadId: string, text: string): void {
    this.threadId ??= threadId;
    this.acknowledged.push({ threadId, text });
  }

  async #patch(modelConfig: ModelConfig): Promise<void> {
    await this.#crosspoint.request('PATCH', `/api/threads/${this.threadId}`, { modelConfig });
  }

  /** The pending calls are not run, and the other model asks again: those are approved. */
  async #changeModel(newModelConfig: ModelConfig): Promise<void> {
    const approvals = [
      { action: 'change_model', newModelConfig },
      { action: 'approved' },
      { action: 'approved' },
    ];
    for (const approval of approvals)
      await this.#crosspoint.request('PUT', '/api/agent', { threadId: this.threadId, approval });
  }

  async #hit(fault: Fault): Promise<void> {
    if (fault === 'kill') return await this.#crosspoint.kill();
    if (fault === 'stop' && this.threadId)
      await this.#crosspoint.api('POST', `/api/threads/${this.threadId}/cancel`, {});
  }

  /** A run that lost its reader goes on by itself. */
  async #ended(): Promise<void> {
    while (this.threadId && (await this.view()).runStatus === 'running') await sleep(20);
  }

  view(): Promise<ThreadView> {
    assert.ok(this.threadId);
    return this.#crosspoint.thread(this.threadId);
  }

  async lines(): Promise<string[]> {
    const path = `/api/threads/${this.threadId}/files/content?path=effects.txt`;
    const answer = await this.#crosspoint.request('GET', path);
    const { content = '' } = (await answer.json()) as { content?: string };
    assert.ok(answer.ok || answer.status === 404);
    return content.split('\n').filter(Boolean);
  }

  /** Whatever happened, any model takes over. */
  async goesOn(text: string): Promise<void> {
    if (!this.threadId) return;
    if ((await this.view()).runStatus === 'awaiting_review')
      await this.#crosspoint.api('POST', `/api/threads/${this.threadId}/cancel`, {});
    const command = {
      threadId: this.threadId,
      message: text,
      modelConfig: this.pick(models),
      approvalMode: 'auto',
    };
    const answer = await this.#crosspoint.say(command);
    assert.ok('response' in answer);
    assert.ok(answer.response.endsWith(text), answer.response);
    this.acknowledged.push({ threadId: this.threadId, text });
  }
}

/** The connection broke: nothing was promised. */
function expectGone(cause: unknown): void {
  if (!(cause instanceof TypeError)) throw cause;
}

test(`kill -9, a stop and a lost reader at any moment around a switch: the whole record holds I1 to I8, and any model goes on (KILL_SEED=${seed})`, async (context) => {
  const crosspoint = await Crosspoint.start({ ...providers.env(), SANDBOX: 'local' });
  const random = randomFrom(seed);
  const until = performance.now() + budgetMs;
  const met = new Map<string, number>();
  let current = new Round(crosspoint, random);
  const threads = [current];
  let number = 0;
  const check = async () => {
    const effects = new Map<string, string[]>();
    for (const thread of threads) if (thread.threadId) effects.set(thread.threadId, await thread.lines());
    const acknowledged = threads.flatMap((thread) => thread.acknowledged);
    const requests = providers.requests.filter(({ method }) => method === 'POST').length;
    await checkRecord(crosspoint.dataDir, { acknowledged, effects, effectOf, requests });
  };
  try {
    for (; number < rounds && (number < fewestRounds || performance.now() < until); number++) {
      if (number % 8 === 7) threads.push((current = new Round(crosspoint, random)));
      const way = (['streaming', 'review', 'failover'] as const)[number % 3] as Way;
      const fault = current.pick(['kill', 'kill', 'stop', 'disconnect'] as const);
      met.set(`${fault} ${way}`, (met.get(`${fault} ${way}`) ?? 0) + 1);
      await current.run(way, fault, `${way === 'failover' ? 'fail over' : way} ${number}`);
      await check();
      await current.goesOn(`go on ${number}`);
    }
    await check();
    assert.deepEqual(
      providers.refusals.filter(({ refusal }) => !/API key/.test(refusal ?? '')),
      [],
      'I4: no request dangled',
    );
    assert.deepEqual(providers.mistakes, []);
    assert.ok(threads.flatMap(({ acknowledged }) => acknowledged).length >= number);
    const lines = await Promise.all(threads.map((thread) => thread.lines()));
    assert.ok(lines.flat().length >= number, 'commands ran');
    // A thread whose only round ended before anything was acknowledged is none.
    const ids = threads.flatMap(({ threadId }) => threadId ?? []);
    const events = await Promise.all(ids.map((threadId) => crosspoint.events(threadId)));
    const by = events.flat().flatMap((event) => (event.type === 'model.switched' ? [event.data.by] : []));
    assert.ok(by.includes('failover') && by.includes('user'), `switches by ${by.join(', ')}`);
    context.diagnostic([...met].map(([what, count]) => `${count} x ${what}`).join(', '));
  } finally {
    await crosspoint.kill();
    await crosspoint.remove();
  }
});
