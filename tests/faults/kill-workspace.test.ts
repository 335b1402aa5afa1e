import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelConfig } from '#protocol/model.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { targets } from '#tests/support/targets.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { checkRecord } from './support/check-record.ts';
import { randomFrom } from './support/random.ts';

/** Of each kind of sandbox. */
const rounds = Number(process.env.KILL_ROUNDS ?? 12);
/** A round is repeated by its number alone. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
/** Milliseconds after which no further round begins, so that a slow machine bounds the test too. */
const budgetMs = 25_000;
const fewestRounds = 8;

const model = Object.values(targets)[0] as ModelConfig;

/** A command that appends, then a file of its own: both leave what no other call leaves. Then the end. */
function work({ number, step, lastUserText }: Asked): Answer {
  if (step >= 2) return { text: `Done: ${lastUserText}`, paceMs: 2 };
  const command = `echo line-${number} >> effects.txt; sleep 0.02`;
  const write = { path: `files/line-${number}.txt`, content: `line-${number}\n` };
  return step === 0
    ? { text: 'A command.', calls: [{ name: 'run_terminal_command', args: { command } }], paceMs: 2 }
    : { text: 'A file.', calls: [{ name: 'write_file', args: write }], paceMs: 2 };
}

const effectOf = (args: string) => /line-\d+/.exec(args)?.[0];

let providers: Providers;
before(async () => (providers = await startProviders({ script: work })));
after(() => providers.close());

const asked = () => providers.requests.filter(({ method }) => method === 'POST').length;

/** One thread of one kind of sandbox, whose parts are killed at random moments. */
class Scene {
  readonly crosspoint: Crosspoint;
  readonly #random: () => number;
  readonly #askedBefore = asked();
  readonly acknowledged: { threadId: string; text: string }[] = [];
  threadId = '';

  constructor(crosspoint: Crosspoint, random: () => number) {
    this.crosspoint = crosspoint;
    this.#random = random;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }

  /** Resolves when the turn has ended, or the app that carried it out. */
  async turn(text: string, hit: Kill['hit'], mend: Kill['mend']): Promise<void> {
    const killed = sleep(this.#random() * 450).then(hit);
    await Promise.all([killed.then(mend), this.#say(text).catch(expectGone)]);
    while (this.threadId && (await this.#status()) === 'running') await sleep(20);
  }

  async #say(message: string): Promise<void> {
    const thread = this.threadId ? { threadId: this.threadId } : {};
    const command = { message, modelConfig: model, approvalMode: 'auto', ...thread };
    for await (const event of this.crosspoint.stream(command)) {
      if (event.type !== 'run.started') continue;
      this.threadId = event.data.threadId;
      this.acknowledged.push({ threadId: this.threadId, text: message });
    }
  }

  async #status(): Promise<string | null> {
    return (await this.crosspoint.thread(this.threadId)).runStatus;
  }

  /** Whatever happened, the next turn works. */
  async goesOn(text: string): Promise<void> {
    if (!this.threadId) return;
    const command = { threadId: this.threadId, message: text, modelConfig: model, approvalMode: 'auto' };
    const answer = await this.crosspoint.say(command);
    assert.ok('response' in answer, JSON.stringify(answer));
    assert.equal(answer.response.endsWith(text), true, answer.response);
    this.acknowledged.push({ threadId: this.threadId, text });
  }

  /** Every line, of the one file and of the many, as the workspace has them now. */
  async lines(): Promise<string[]> {
    const content = async (path: string) =>
      ((await this.#read('files/content', path)).content ?? '').split('\n').filter(Boolean);
    const { entries = [] } = await this.#read('files', 'files');
    const files = await Promise.all(entries.map(({ path }) => content(path)));
    return [...(await content('effects.txt')), ...files.flat()];
  }

  /** A request that meets a pod which is just ending is told to try again. */
  async #read(what: string, path: string): Promise<{ content?: string; entries?: { path: string }[] }> {
    for (let attempt = 1; ; attempt += 1) {
      const at = `/api/threads/${this.threadId}/${what}?path=${encodeURIComponent(path)}`;
      const answer = await this.crosspoint.request('GET', at);
      if (answer.ok) return (await answer.json()) as object;
      const { code } = (await answer.json()) as { code: string };
      if (code === 'file_not_found') return {};
      assert.equal(code, 'sandbox_unreachable');
      assert.ok(attempt < 10, 'the workspace does not come back');
      await sleep(50);
    }
  }

  /** I1 to I8, and: what was told as done is in the workspace, once. */
  async check(): Promise<void> {
    if (!this.threadId) return;
    const effects = new Map([[this.threadId, await this.lines()]]);
    const requests = asked() - this.#askedBefore;
    await checkRecord(this.crosspoint.dataDir, {
      acknowledged: this.acknowledged,
      effects,
      effectOf,
      requests,
    });
  }

  async run(kills: Record<string, Kill>): Promise<Map<string, number>> {
    const met = new Map<string, number>();
    const until = performance.now() + budgetMs * Math.max(1, rounds / 12);
    for (let number = 0; number < rounds && (number < fewestRounds || performance.now() < until); number++) {
      const name = this.pick(Object.keys(kills));
      const { hit, mend } = kills[name] as Kill;
      met.set(name, (met.get(name) ?? 0) + 1);
      await this.turn(`turn ${number}`, hit, mend);
      await this.check();
      await this.goesOn(`go on ${number}`);
      await this.check();
    }
    assert.ok((await this.lines()).length >= [...met.values()].reduce((sum, count) => sum + count, 0));
    return met;
  }
}

interface Kill {
  hit: () => Promise<void>;
  /** What somebody does about it, or time: then the next turn has to work. */
  mend: () => Promise<void>;
}

/** The connection broke: nothing was promised. */
function expectGone(cause: unknown): void {
  if (!(cause instanceof TypeError)) throw cause;
}

async function withScene(
  env: Record<string, string>,
  use: (scene: Scene) => Promise<Map<string, number>>,
): Promise<string> {
  const crosspoint = await Crosspoint.start({ ...providers.env(), ...env });
  try {
    const met = await use(new Scene(crosspoint, randomFrom(seed)));
    return [...met].map(([what, count]) => `${count} x ${what}`).join(', ');
  } finally {
    await crosspoint.kill();
    await crosspoint.remove();
  }
}

/** The processes of this machine whose parent is `parent`. */
function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return Number(fields[1]) === parent;
    } catch {
      return false;
    }
  });
}

/** The pods of an app, whatever started them on the way. */
function podsBelow(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => {
    const isPod = /bwrap/.test(commandOf(child));
    return isPod ? [child] : podsBelow(child);
  });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
}

const nothing = () => Promise.resolve();
const skip = cannotStartMachines();

test(
  `on this machine, kill -9 of the app and of the pod at any moment loses no change that was told, and runs nothing twice (KILL_SEED=${seed})`,
  { skip },
  async (context) => {
    const met = await withScene({ SANDBOX: 'local' }, (scene) => {
      const { crosspoint } = scene;
      return scene.run({
        app: { hit: () => crosspoint.kill(), mend: () => crosspoint.restart() },
        pod: {
          hit: async () => podsBelow(crosspoint.pid).forEach((pid) => process.kill(pid, 'SIGKILL')),
          mend: nothing,
        },
      });
    });
    context.diagnostic(met);
  },
);

test(
  `at a service, the end of the app, of the sandbox, of its streams and of the service at any moment loses no change that was told, and runs nothing twice (KILL_SEED=${seed})`,
  { skip },
  async (context) => {
    const service = await E2bService.start();
    const env = {
      SANDBOX: 'e2b',
      E2B_API_KEY: service.apiKey,
      E2B_API_URL: service.url,
      E2B_SANDBOX_URL: service.url,
    };
    try {
      const met = await withScene(env, (scene) => {
        const { crosspoint } = scene;
        return scene.run({
          app: { hit: () => crosspoint.kill(), mend: () => crosspoint.restart() },
          sandbox: {
            hit: async () =>
              void (await Promise.all([...service.sandboxes.keys()].map((id) => service.kill(id)))),
            mend: nothing,
          },
          streams: { hit: async () => service.dropStreams(), mend: nothing },
          service: {
            hit: async () => {
              Object.assign(service.faults, { controlPlaneDown: true, badGateways: 3 });
              service.dropStreams();
            },
            mend: async () => {
              await sleep(200);
              Object.assign(service.faults, { controlPlaneDown: false, badGateways: 0 });
            },
          },
        });
      });
      context.diagnostic(met);
      assert.deepEqual(service.unknown, []);
    } finally {
      await service.close();
    }
  },
);
