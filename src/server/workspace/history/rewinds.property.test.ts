import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { RewindResult, RewindTarget } from '#protocol/workspace.ts';
import { newThread } from '#server/agent/new-thread.ts';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { randomFrom } from '#tests/faults/support/random.ts';
import type { WorkspaceHistory } from '../types.ts';
import {
  commandFor,
  lineOf,
  printFiles,
  readFiles,
  same,
  takeBack,
  type Content,
  type Files,
  type ModelFile,
  type ModelStep,
} from './testing/file-model.ts';
import { through } from './testing/through.ts';
import { createWorkspaceHistory } from './workspace-history.ts';

const histories = Number(process.env.HISTORIES ?? 200);
/** One history is repeated by its number alone. */
const seed = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000);
/** Milliseconds after which no further one begins, so that a slow machine bounds the test too. */
const budgetMs = Number(process.env.HISTORY_BUDGET_MS ?? 75_000);
const fewest = 60;
/** Histories that go on at the same time, each in a pod of its own. */
const pods = 4;

const shared = [
  'a.txt',
  'dir/b.txt',
  'dir/deep/ü c.txt',
  "quo'te.txt",
  'bin',
  'link',
  '-dash',
  'ignored.log',
];
const own = ['mine.txt', 'dir/mine too.txt', 'kept.log'];
const git = 'git -c user.name=p -c user.email=p@localhost -c commit.gpgsign=false';
const printRepository = 'sha256sum .git/index .git/HEAD .git/refs/heads/* .git/config staged.txt .gitignore';

interface DoneStep extends ModelStep {
  toolCallId: string;
  message: number;
  undoneBy: string | null;
}

interface DoneRewind extends ModelStep {
  id: string;
  undoneBy: string | null;
  redoes: string | null;
}

/** A random history in a workspace, and what its files have to be. */
class RandomHistory {
  readonly #random: () => number;
  readonly #sandbox: Sandbox;
  readonly #store: Store;
  readonly #fresh: () => WorkspaceHistory;
  #history: WorkspaceHistory;
  readonly #threadId: string;
  readonly #files: Files = new Map();
  readonly #own: Files = new Map();
  readonly #steps: DoneStep[] = [];
  readonly #rewinds: DoneRewind[] = [];
  readonly #messages: string[] = [];
  #repository = '';
  #calls = 0;
  readonly told: string[] = [];
  crashes = 0;

  constructor(parts: {
    random: () => number;
    sandbox: Sandbox;
    store: Store;
    /** As after a start of the app: nothing is known but the record. */
    fresh: () => WorkspaceHistory;
    threadId: string;
  }) {
    this.#random = parts.random;
    this.#sandbox = parts.sandbox;
    this.#store = parts.store;
    this.#fresh = parts.fresh;
    this.#history = parts.fresh();
    this.#threadId = parts.threadId;
  }

  async run(): Promise<void> {
    await this.#store.threads.create({
      ...newThread('owner', { provider: 'demo', model: 'm' }, 'local'),
      id: this.#threadId,
    });
    await this.#exec('find . -mindepth 1 -delete');
    await this.#start();
    const count = 5 + Math.floor(this.#random() * 5);
    for (let turn = 0; turn < count; turn += 1) {
      const kind = this.#pick([
        'step',
        'step',
        'step',
        'person',
        'undo',
        'rewind',
        'redo',
        'revert',
        'restart',
      ] as const);
      if (kind === 'step') await this.#step();
      else if (kind === 'person') await this.#person();
      else if (kind === 'revert') await this.#revert();
      else if (kind === 'restart') this.#history = this.#fresh();
      else await this.#rewind(kind);
      await this.#check();
    }
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }

  async #exec(command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#sandbox.exec(command);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  /** A repository of the person with something staged, files of theirs, and some that the agent will meet. */
  async #start(): Promise<void> {
    const commands = [`${git} init -q .`, 'echo "*.log" > .gitignore'];
    this.#own.set('.gitignore', null as never);
    for (const path of own) this.#set(this.#own, commands, path, this.#other('text', null));
    for (const path of shared)
      if (this.#random() < 0.6) this.#set(this.#files, commands, path, this.#someFor(path, null));
    commands.push('git add -A', `${git} commit -qm one`, 'echo staged > staged.txt', 'git add staged.txt');
    await this.#exec(commands.join('\n'));
    this.#repository = await this.#exec(printRepository);
    await this.#message();
  }

  #set(files: Files, commands: string[], path: string, content: Content): void {
    if (content) files.set(path, content);
    else files.delete(path);
    commands.push(commandFor(path, content));
  }

  #someFor(path: string, now: Content): Content {
    if (now && this.#random() < 0.2) return null;
    if (path === 'link') return this.#other('link', now);
    return this.#other(path === 'bin' ? 'binary' : 'text', now);
  }

  #other(kind: ModelFile['kind'], now: Content): ModelFile {
    const value = () => `value ${Math.floor(this.#random() * 6)}\r`;
    const executable =
      kind !== 'link' && this.#random() < 0.2 ? !(now?.executable ?? false) : (now?.executable ?? false);
    if (kind === 'link')
      return { kind, slots: [`target ${Math.floor(this.#random() * 9)}`], executable: false };
    if (kind === 'binary') return { kind, slots: [value()], executable };
    const old = now?.kind === 'text' ? now.slots : ['', '', '', ''].map(value);
    const slots = [...old];
    slots[Math.floor(this.#random() * slots.length)] = value();
    return { kind, slots, executable };
  }

  async #message(): Promise<void> {
    const id = `message-${this.#threadId}-${this.#messages.length}`;
    await this.#append(id, 'user');
    this.#messages.push(id);
  }

  async #append(id: string, role: 'user' | 'assistant'): Promise<void> {
    const createdAt = new Date().toISOString();
    const message = {
      id,
      threadId: this.#threadId,
      runId: 'r',
      role,
      status: 'complete',
      createdAt,
    } as const;
    await this.#store.transaction(
      async ({ messages }) => void (await messages.append({ ...message, parts: [] })),
    );
  }

  /** Changes of some shared files, by a file tool that names its one path, or by a command. */
  async #step(): Promise<void> {
    if (this.#random() < 0.5) await this.#message();
    const toolCallId = `call-${(this.#calls += 1)}`;
    const messageId = `answer-${this.#threadId}-${this.#calls}`;
    await this.#append(messageId, 'assistant');
    const call = { threadId: this.#threadId, toolCallId, turnId: 'turn', messageId, runId: 'r', position: 0 };
    const facts = { name: 'run_terminal_command', args: '{}', argsHash: 'h', diff: null, needsReview: false };
    await this.#store.transaction(({ toolCalls }) => toolCalls.propose([{ ...call, ...facts }]));
    const one = this.#random() < 0.5;
    // What the rules leave out is recorded where a file tool wrote it, and only there.
    const paths = one
      ? [this.#pick(shared.filter((path) => path !== 'link'))]
      : shared.filter((path) => !path.endsWith('.log') && this.#random() < 0.4);
    const about = { threadId: this.#threadId, toolCallId, runId: 'r' };
    await this.#history.begin(this.#sandbox, { ...about, paths: one ? paths : null });
    const [before, after, commands] = [new Map<string, Content>(), new Map<string, Content>(), ['true']];
    for (const path of paths) {
      const now = this.#files.get(path) ?? null;
      const next = this.#someFor(path, now);
      if (same(now, next)) continue;
      before.set(path, now);
      after.set(path, next);
      this.#set(this.#files, commands, path, next);
    }
    await this.#exec(commands.join('\n'));
    const changes = await this.#history.end(this.#sandbox, about);
    this.told.push(
      `${toolCallId} after message ${this.#messages.length - 1}: ${[...after.keys()].join(', ')}`,
    );
    assert.deepEqual((changes?.files ?? []).map(({ path }) => path).sort(), [...after.keys()].sort());
    if (after.size > 0)
      this.#steps.push({ before, after, toolCallId, message: this.#messages.length - 1, undoneBy: null });
  }

  /** Edits of the person, in files of theirs and in those that the agent changes. */
  async #person(): Promise<void> {
    const commands = ['true'];
    for (const path of own)
      if (this.#random() < 0.3)
        this.#set(this.#own, commands, path, this.#other('text', this.#own.get(path) ?? null));
    for (const path of shared)
      if (this.#random() < 0.25)
        this.#set(this.#files, commands, path, this.#someFor(path, this.#files.get(path) ?? null));
    this.told.push(`person: ${commands.length - 1} files`);
    await this.#exec(commands.join('\n'));
  }

  async #rewind(kind: 'undo' | 'rewind' | 'redo'): Promise<void> {
    const found = this.#target(kind);
    if (!found) return;
    const { target, steps } = found;
    const overwrite = this.#random() < 0.4;
    const choice = overwrite ? 'overwrite' : 'skip';
    const result = await this.#apply(target, choice);
    const taken = takeBack(this.#files, steps, overwrite);
    this.told.push(`${JSON.stringify(target)} ${choice}, kept ${taken.kept.join(', ')}`);
    const keptPaths = result.files.filter(({ action }) => action === 'kept').map(({ path }) => path);
    assert.deepEqual(keptPaths.sort(), taken.kept.sort(), this.told.join('\n'));
    await this.#rewound(result.rewindId, taken.files, target.kind === 'redo' ? target.rewindId : null);
  }

  /** Now and then the app and the sandbox's shell end after some files, and another app goes on. */
  async #apply(target: RewindTarget, choice: 'skip' | 'overwrite'): Promise<RewindResult> {
    const { hash } = await this.#history.plan(this.#sandbox, this.#threadId, target);
    if (this.#random() < 0.7) return this.#history.apply(this.#sandbox, this.#threadId, target, hash, choice);
    const files = Math.floor(this.#random() * 2);
    const end = `puts=0\nput() {\n  ((puts += 1)); ((puts > ${files})) && kill -9 $$`;
    const ending = through(this.#sandbox, { command: (text) => text.replace('put() {', () => end) });
    try {
      return await this.#history.apply(ending, this.#threadId, target, hash, choice);
    } catch (cause) {
      assert.ok(cause instanceof CrosspointError && cause.code === 'no_history', String(cause));
    }
    this.told.push(`cut off after ${files} files`);
    this.#history = this.#fresh();
    await this.#history.changes(this.#sandbox, this.#threadId, { kind: 'all' });
    const row = (await this.#store.workspaces.rewinds(this.#threadId)).at(-1);
    assert.equal(row?.applied, true);
    this.crashes += 1;
    return { rewindId: row.id, files: row.files };
  }

  /** One part of what a step did to a file, or all of it. */
  async #revert(): Promise<void> {
    const isText = (content: Content | undefined) => content?.kind === 'text';
    const found = this.#steps.flatMap((step) =>
      [...step.after.keys()]
        .filter((path) => isText(step.before.get(path)) && isText(step.after.get(path)))
        .map((path) => ({ step, path })),
    );
    if (found.length === 0) return;
    const { step, path } = this.#pick(found);
    const [old, young] = [step.before.get(path) as ModelFile, step.after.get(path) as ModelFile];
    const scope = { kind: 'step', toolCallId: step.toolCallId } as const;
    const about = [this.#sandbox, this.#threadId, scope, path] as const;
    const shown = await this.#history.versions(...about);
    const isPart = this.#random() < 0.7;
    assert.equal(shown.hunks.length, same({ ...old, executable: young.executable }, young) ? 0 : 1);
    if (isPart && shown.hunks.length === 0) return;
    const before = isPart ? { ...old, executable: young.executable } : old;
    const change = { before: new Map([[path, before]]), after: new Map([[path, young]]) };
    const taken = takeBack(this.#files, [change], false);
    this.told.push(`revert ${isPart ? 'a part of ' : ''}${path} of ${step.toolCallId}`);
    const reverting = this.#history.revertHunk(...about, isPart ? 0 : null, shown.hash);
    if (taken.kept.length > 0) {
      const isRefused = (cause: unknown) => cause instanceof CrosspointError && cause.code === 'file_changed';
      return assert.rejects(reverting, isRefused, this.told.join('\n'));
    }
    await this.#rewound((await reverting).rewindId, taken.files, null);
  }

  async #rewound(id: string, files: ReadonlyMap<string, Content>, redoes: string | null): Promise<void> {
    const [before, after] = [new Map<string, Content>(), new Map<string, Content>()];
    for (const [path, content] of files) {
      const now = this.#files.get(path) ?? null;
      if (same(now, content)) continue;
      before.set(path, now);
      after.set(path, content);
      if (content) this.#files.set(path, content);
      else this.#files.delete(path);
    }
    this.#rewinds.push({ id, before, after, undoneBy: null, redoes });
    await this.#follow();
  }

  #target(kind: 'undo' | 'rewind' | 'redo'): { target: RewindTarget; steps: ModelStep[] } | null {
    const isOpen = ({ undoneBy }: { undoneBy: string | null }) => undoneBy === null;
    if (kind === 'undo') {
      const step = this.#pick(this.#steps.length ? this.#steps : [null]);
      if (!step) return null;
      return { target: { kind: 'step', toolCallId: step.toolCallId }, steps: isOpen(step) ? [step] : [] };
    }
    if (kind === 'redo') {
      const rewind = this.#pick(this.#rewinds.length ? this.#rewinds : [null]);
      if (!rewind) return null;
      return { target: { kind: 'redo', rewindId: rewind.id }, steps: isOpen(rewind) ? [rewind] : [] };
    }
    const at = Math.floor(this.#random() * this.#messages.length);
    const steps = this.#steps.filter((step) => step.message >= at && isOpen(step)).toReversed();
    return { target: { kind: 'message', messageId: this.#messages[at] ?? '' }, steps };
  }

  /** Which steps and rewinds are taken back is read from the record: it decides what later ones take back. */
  async #follow(): Promise<void> {
    const steps = new Map(
      (await this.#store.workspaces.steps(this.#threadId)).map((row) => [row.toolCallId, row.undoneBy]),
    );
    for (const step of this.#steps) step.undoneBy = steps.get(step.toolCallId) ?? null;
    const rewinds = new Map(
      (await this.#store.workspaces.rewinds(this.#threadId)).map((row) => [row.id, row.undoneBy]),
    );
    for (const rewind of this.#rewinds) rewind.undoneBy = rewinds.get(rewind.id) ?? null;
  }

  async #check(): Promise<void> {
    const all = new Map([...this.#own, ...this.#files]);
    all.delete('.gitignore');
    const wanted = [...all].map(([path, content]) => lineOf(path, content)).sort();
    const printed = await this.#exec(`${printFiles}\nprintf 'repository\\0'\n${printRepository}`);
    const [files = '', repository] = printed.split('repository\0');
    const found = readFiles(files).filter((line) => !/^(?:staged\.txt|\.gitignore) /.test(line));
    assert.deepEqual(found.sort(), wanted, this.told.join('\n'));
    assert.equal(repository, this.#repository, this.told.join('\n'));
  }
}

/** In real pods, with their git. */
describe('random histories', { skip: await cannotRun() }, () => {
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let store: Store;
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-histories-'));
  before(async () => {
    fixture = await localFixture();
    store = await openStore(folder);
  });
  after(async () => {
    await store.close();
    await fixture[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test(`up to ${histories} sequences of steps, edits of a person, undo, rewind, redo, reverted parts and crashes: the files are those of the model, and what is the person's own is untouched (HISTORY_SEED=${seed})`, async (context) => {
    let next = 0;
    let done = 0;
    let crashes = 0;
    const until = performance.now() + budgetMs;
    const logger = { warn: (_fields: object, message: string) => assert.fail(message) };
    const fresh = () => createWorkspaceHistory(store, folder, logger);
    const work = async (pod: number) => {
      const sandbox = await fixture.provider.open(`histories-${pod}`);
      for (let number = next++; number < histories; number = next++) {
        if (number >= fewest && performance.now() > until) break;
        done += 1;
        const random = randomFrom(seed + number);
        const one = new RandomHistory({ random, sandbox, store, fresh, threadId: `t${number}` });
        await one.run().catch((cause: unknown) => {
          throw new Error(`history ${number}:\n${one.told.join('\n')}`, { cause });
        });
        crashes += one.crashes;
      }
    };
    await Promise.all(Array.from({ length: pods }, (_none, pod) => work(pod)));
    context.diagnostic(`${done} histories, ${crashes} rewinds cut off`);
    if (done >= 40) assert.ok(crashes > 0);
  });
});
