import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EventType, ThreadEvent } from '#protocol/events.ts';
import type { Approval } from '#protocol/review.ts';
import type { ThreadView } from '#protocol/thread.ts';
import type { RunAnswer } from '#server/agent/types.ts';

const token = 'script-token-script-token-script-0123';
const headers = { authorization: `Bearer ${token}` };
const startTimeoutMs = 60_000;

/** What a test never wants: a fixed port, the network, the log in its output. */
const quiet = {
  PORT: '0',
  CROSSPOINT_API_TOKEN: token,
  CROSSPOINT_NO_INSTALL: '1',
  CROSSPOINT_REFRESH_MODELS: 'off',
  LOG_LEVEL: 'error',
};

/** Crosspoint as a person runs it: the real process with a data directory of its own, asked over HTTP. */
export class Crosspoint {
  readonly dataDir: string;
  /** Authentication for requests of one's own. */
  readonly headers = headers;
  readonly #env: Record<string, string>;
  #started: Started;

  private constructor(dataDir: string, env: Record<string, string>, started: Started) {
    this.dataDir = dataDir;
    this.#env = env;
    this.#started = started;
  }

  static async start(
    env: Record<string, string> = {},
    dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-')),
  ): Promise<Crosspoint> {
    return new Crosspoint(dataDir, env, await startProcess(dataDir, env));
  }

  /** The same data directory at the same address, in a new process: after `kill`, or after a clean end. */
  async restart(): Promise<void> {
    const { port } = new URL(this.link);
    await this.stop();
    this.#started = await startProcess(this.dataDir, { ...this.#env, PORT: port });
  }

  /** The one-time link that it printed. */
  get link(): string {
    return this.#started.link;
  }

  /** Milliseconds from the start of the process to its ready line. */
  get readyMs(): number {
    return this.#started.readyMs;
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  get pid(): number {
    return this.#started.child.pid as number;
  }

  request(method: string, path: string, body?: unknown, accept = 'application/json'): Promise<Response> {
    const content = body === undefined ? {} : { 'content-type': 'application/json' };
    return fetch(this.origin + path, {
      method,
      headers: { accept, ...headers, ...content },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** @throws with the server's own sentence when it refuses */
  async api<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.request(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Body;
  }

  say(command: object): Promise<RunAnswer> {
    return this.api('POST', '/api/agent', command);
  }

  decide(threadId: string, approval: Approval): Promise<RunAnswer> {
    return this.api('PUT', '/api/agent', { threadId, approval });
  }

  /** Approves whatever is asked until the turn has ended. */
  async approveAll(answer: RunAnswer): Promise<Exclude<RunAnswer, { interrupt: true }>> {
    let current = answer;
    while ('interrupt' in current) current = await this.decide(current.threadId, { action: 'approved' });
    return current;
  }

  thread(threadId: string): Promise<ThreadView> {
    return this.api('GET', `/api/threads/${threadId}`);
  }

  /** The stored events of a thread; ends at the last of them. */
  async events(threadId: string): Promise<ThreadEvent[]> {
    const { lastEventId } = await this.thread(threadId);
    const response = await this.request(
      'GET',
      `/api/threads/${threadId}/events?after=0`,
      undefined,
      eventStream,
    );
    const found: ThreadEvent[] = [];
    for await (const event of readEvents(response)) {
      found.push(event);
      if (event.id >= lastEventId) break;
    }
    return found;
  }

  /** Sends a message and gives the run's events as they come. */
  async *stream(command: object): AsyncGenerator<ThreadEvent> {
    yield* readEvents(await this.request('POST', '/api/agent', command, eventStream));
  }

  /** Another command of `npm start --`, such as `login`, for the same data directory and with the same settings. */
  command(...args: string[]): Promise<{ stdout: string }> {
    return promisify(execFile)(process.execPath, ['scripts/start.js', ...args], {
      env: environment(this.dataDir, this.#env),
      maxBuffer: 256 * 1024 ** 2,
    });
  }

  /** A new one-time login link. */
  async newLink(): Promise<string> {
    const { stdout } = await this.command('login');
    const [link] = /http\S+/.exec(stdout) ?? [];
    if (!link) throw new Error(`"login" printed no link: ${stdout}`);
    return link;
  }

  /** Ends it at once, as a crash does; the data directory stays. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it cleanly. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this.#started;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Nothing of the tester's own keys and settings. */
function environment(dataDir: string, env: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...quiet, CROSSPOINT_DATA_DIR: dataDir, ...env };
}

const eventStream = 'text/event-stream';

interface Started {
  child: ChildProcess;
  link: string;
  readyMs: number;
}

async function startProcess(dataDir: string, env: Record<string, string>): Promise<Started> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['scripts/start.js'], {
    env: environment(dataDir, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const link = await readyLink(child);
  return { child, link, readyMs: performance.now() - startedAt };
}

async function readyLink(child: ChildProcess): Promise<string> {
  let output = '';
  const timer = setTimeout(() => child.kill(), startTimeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        const link = /Crosspoint is ready: (\S+)/.exec(output)?.[1];
        if (link) resolve(link);
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', () => reject(new Error(`Crosspoint did not start:\n${output}`)));
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The events of a response; leaving the loop closes the connection. */
export async function* readEvents(response: Response): AsyncGenerator<ThreadEvent> {
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event) yield event;
    }
  }
}

function eventOf(block: string): ThreadEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const [id, type, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
  if (id === undefined || type === undefined || data === undefined) return null;
  return { id: Number(id), type: type as EventType, data: JSON.parse(data) } as ThreadEvent;
}
