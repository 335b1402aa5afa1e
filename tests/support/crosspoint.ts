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
  /** The one-time link that it printed. */
  readonly link: string;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMs: number;
  /** Authentication for requests of one's own. */
  readonly headers = headers;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, dataDir: string, link: string, readyMs: number) {
    this.#child = child;
    this.dataDir = dataDir;
    this.link = link;
    this.readyMs = readyMs;
  }

  static async start(
    env: Record<string, string> = {},
    dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-')),
  ): Promise<Crosspoint> {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['scripts/start.js'], {
      env: environment(dataDir, env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const link = await readyLink(child);
    return new Crosspoint(child, dataDir, link, performance.now() - startedAt);
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  get pid(): number {
    return this.#child.pid as number;
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

  /** Another command of `npm start --`, such as `login`, for the same data directory. */
  command(...args: string[]): Promise<{ stdout: string }> {
    return promisify(execFile)(process.execPath, ['scripts/start.js', ...args], {
      env: environment(this.dataDir, {}),
    });
  }

  /** Ends it at once, as a crash does; the data directory stays. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** Ends it cleanly. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
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
