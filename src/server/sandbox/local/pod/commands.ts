import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { BackgroundLog } from './background-log.ts';
import { isFolder, workspace } from './file-requests.ts';
import { killTree, markerVariable, newMarker, otherPids, treeOf } from './processes.ts';
import type { Root } from './processes.ts';
import { ReadyShells } from './ready-shell.ts';
import { failureOf } from './reply.ts';
import type { Reply } from './reply.ts';
import type { ExecDone, PodRequest } from './requests.ts';

type ExecRequest = Extract<PodRequest, { op: 'exec' }>;

/** Seconds of processor time of one process: a runaway that a person forgot ends by itself. */
const cpuSeconds = 3_600;
/** The kernel's killer of last resort should take a command before the supervisor, and either before the app. */
const limits = `ulimit -t ${cpuSeconds}; echo 800 >/proc/self/oom_score_adj`;
const launcher = `${limits}; exec /bin/bash "$@"`;
/** Bytes. The kernel takes at most 131,072 for one argument; a longer command becomes a script. */
const maxArgumentBytes = 100_000;
const scripts = '/tmp/crosspoint';

/** The commands of this pod that run now. */
export class Commands {
  readonly #roots = new Map<number, Root>();
  readonly #stops = new Map<number, () => void>();
  /** Background commands whose shell has ended: what it started may go on. */
  readonly #left = new Set<number>();
  readonly #ready = new ReadyShells(limits);

  /** @param stdin what the command does not read of it is dropped @throws what a system call fails with */
  run(id: number, request: ExecRequest, stdin: Readable | null, reply: Reply): void {
    this.#dropEnded();
    if (!isFolder(join(workspace, request.cwd)))
      return reply.failed({ code: 'not_found', detail: request.cwd });
    const marker = newMarker();
    const script = request.command.length > maxArgumentBytes ? writeScript(marker, request.command) : null;
    const ready = isPlain(request) ? this.#ready.take(request.command, request.stdin) : null;
    const child = ready?.child ?? start(request, marker, script);
    child.once('error', (cause) => reply.failed({ code: 'other', detail: failureOf(cause).detail }));
    if (child.pid === undefined) return;
    feed(child, stdin);
    const root = ready?.root ?? { marker, pid: child.pid };
    this.#roots.set(id, root);
    if (request.background) return this.#background(id, root, child, reply);
    const running = new Running(
      root,
      () => this.#others(id),
      () => this.#ready.root?.pid,
    );
    this.#stops.set(id, () => void running.stop(false));
    forward(child, reply);
    void running.result(child, request.timeoutMs).then((result) => {
      if (script) rmSync(script, { force: true });
      this.#roots.delete(id);
      this.#stops.delete(id);
      reply.done(result);
      // The answer has left by now: it does not wait for the next command's shell.
      this.#ready.prepare();
    });
  }

  cancel(id: number): void {
    this.#stops.get(id)?.();
  }

  /**
   * Something that is no command and may run beside them: no command's end takes it along, and `cancel` ends it.
   * @returns what to call at its end: the rest of its tree is ended too
   */
  adopt(id: number, root: Root): () => Promise<void> {
    this.#roots.set(id, root);
    const end = async () => {
      await killTree(root, () => this.#others(id));
      this.#roots.delete(id);
      this.#stops.delete(id);
    };
    this.#stops.set(id, () => void end());
    return end;
  }

  #background(id: number, root: Root, child: ChildProcess, reply: Reply): void {
    const log = new BackgroundLog(`/tmp/background-${root.pid}.log`);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => log.add(chunk));
    child.once('exit', () => this.#left.add(id));
    reply.done({
      exitCode: null,
      signal: null,
      timedOut: false,
      survivors: 0,
      processId: root.pid,
      outputFile: log.path,
    });
  }

  #dropEnded(): void {
    for (const id of this.#left) {
      const root = this.#roots.get(id);
      if (root && treeOf(root).length > 0) continue;
      this.#left.delete(id);
      this.#roots.delete(id);
    }
  }

  #others(id: number): Root[] {
    const running = [...this.#roots].flatMap(([other, root]) => (other === id ? [] : [root]));
    return this.#ready.root ? [...running, this.#ready.root] : running;
  }
}

/** A shell that was started ahead is in the workspace and has no variables of the command's own. */
function isPlain({ cwd, env }: ExecRequest): boolean {
  return cwd === '.' && Object.keys(env).length === 0;
}

function start(request: ExecRequest, marker: string, script: string | null): ChildProcess {
  const command = script === null ? ['-c', request.command] : [script];
  return spawn('/bin/sh', ['-c', launcher, 'sh', ...command], {
    cwd: join(workspace, request.cwd),
    env: { ...process.env, ...request.env, [markerVariable]: marker },
    // Its own session and process group, so that one kill reaches them all.
    detached: true,
    stdio: [request.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
}

function writeScript(name: string, command: string): string {
  mkdirSync(scripts, { recursive: true });
  const path = join(scripts, name);
  writeFileSync(path, command, { flag: 'wx' });
  return path;
}

function feed(child: ChildProcess, stdin: Readable | null): void {
  if (!stdin) return;
  // A command that does not read its input is no failure of ours; without this, its end would be the supervisor's.
  child.stdin?.on('error', () => stdin.resume());
  if (child.stdin) stdin.pipe(child.stdin);
}

/** Output goes to the host as it arrives; a slow host stops the command, not the memory. */
function forward(child: ChildProcess, reply: Reply): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    stream?.on('data', (chunk: Buffer) => {
      if (reply.bytes(name, chunk)) return;
      stream.pause();
      void reply.ready().then(() => stream.resume());
    });
  }
}

/** One foreground command from its start to the end of its last process. */
class Running {
  readonly #root: Root;
  readonly #others: () => Root[];
  readonly #waitingPid: () => number | undefined;
  #timedOut = false;
  #stopping: Promise<number> | null = null;

  constructor(root: Root, others: () => Root[], waitingPid: () => number | undefined) {
    this.#root = root;
    this.#others = others;
    this.#waitingPid = waitingPid;
  }

  stop(timedOut: boolean): Promise<number> {
    this.#timedOut ||= timedOut;
    this.#stopping ??= killTree(this.#root, this.#others);
    return this.#stopping;
  }

  async result(child: ChildProcess, timeoutMs: number): Promise<ExecDone> {
    const timer = setTimeout(() => void this.stop(true), timeoutMs);
    // `exit`, not `close`: whoever inherited the pipe may keep it open for ever.
    const closed = new Promise((resolve) => child.once('close', resolve));
    const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...ending) => resolve(ending));
    });
    await this.#treeEnds();
    clearTimeout(timer);
    const survivors = this.#stopping ? await this.#stopping : 0;
    await drained(child, closed);
    return { exitCode, signal, timedOut: this.#timedOut, survivors };
  }

  /** The last process that the command left behind has ended, by itself or killed. */
  async #treeEnds(): Promise<void> {
    for (
      let wait = 2;
      otherPids(this.#waitingPid()).length > 0 && treeOf(this.#root).length > 0;
      wait = Math.min(wait * 2, 200)
    ) {
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, wait)),
        this.#stopping ?? new Promise(() => undefined),
      ]);
      if (this.#stopping && (await this.#stopping) > 0) return;
    }
  }
}

/** Whoever inherited a pipe and hid from us may keep it open for ever: it gets a moment, unless the host is just slow. */
async function drained(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const streams = [child.stdout, child.stderr];
  let ended = false;
  void closed.then(() => (ended = true));
  do await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 250))]);
  while (!ended && streams.some((stream) => stream?.isPaused()));
  for (const stream of streams) stream?.destroy();
}
