import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Sandbox as DaytonaSandbox } from '@daytonaio/sdk';
import {
  RemoteFailure,
  type RemoteMachine,
  type RemotePty,
  type RemotePtyOptions,
} from '../remote/machine.ts';
import { quote } from '../remote/quote.ts';

type OnOutput = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;

/** Seconds of an upload or a download. */
const transferSeconds = 1_800;

/** The primitives over Daytona's SDK. */
export function daytonaMachine(sandbox: DaytonaSandbox): RemoteMachine {
  return {
    run: (script, onOutput, signal) => run(sandbox, script, onOutput, signal),
    upload: (path, bytes) => upload(sandbox, path, bytes),
    download: (path) => download(sandbox, path),
    pty: (options) => openPty(sandbox, options),
    async url(port) {
      const { url, token } = await knowing(sandbox.getPreviewLink(port));
      // Without the second, a browser may be given a page that warns of the address.
      return { url, headers: { 'x-daytona-preview-token': token, 'x-daytona-skip-preview-warning': 'true' } };
    },
  };
}

/**
 * A session of its own for each script: one shell runs one command after the other, and `executeCommand` gives both streams
 * as one, at the end. The daemon hands a session's output on line by line, adds a line end to the last one and drops zero
 * bytes, so it is encoded inside (`encoded`). Its shell reads commands from its standard input: the script gets another one.
 */
async function run(
  sandbox: DaytonaSandbox,
  script: string,
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<void> {
  const session = randomUUID();
  const { process } = sandbox;
  const decoders = {
    stdout: new Lines((bytes) => onOutput('stdout', bytes)),
    stderr: new Lines((bytes) => onOutput('stderr', bytes)),
  };
  const command = `bash -c ${quote(encoded(script))} </dev/null`;
  const work = async () => {
    // Whatever becomes of it, nothing of ours has been started.
    await process.createSession(session).catch((cause: unknown) => {
      throw new RemoteFailure('not_started', cause);
    });
    signal.throwIfAborted();
    const { cmdId } = await knowing(process.executeSessionCommand(session, { command, runAsync: true }));
    const pass = (stream: 'stdout' | 'stderr') => (text: string) => decoders[stream].add(text);
    // It resolves too when its socket breaks: whether the script came to its end is known from what it printed.
    await process.getSessionCommandLogs(session, String(cmdId), pass('stdout'), pass('stderr'));
  };
  try {
    await untilAborted(work(), signal);
  } finally {
    process.deleteSession(session).catch(() => undefined);
  }
}

/** Runs the script, and prints of each stream one line of base64 for each piece, as soon as it comes. */
function encoded(script: string): string {
  return `encode() {
  local piece
  while piece=$(dd bs=48k count=1 2>/dev/null | base64 -w 0); [ -n "$piece" ]; do printf '%s\\n' "$piece"; done
}
{ { bash -c ${quote(script)} 2>&4 4>&- | encode; } 4>&1 >&5 5>&- | encode >&2; } 5>&1`;
}

/** Lines of base64. */
class Lines {
  readonly #onBytes: (bytes: Uint8Array) => void;
  #held = '';

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes;
  }

  add(text: string): void {
    const lines = (this.#held + text).split('\n');
    this.#held = lines.pop() ?? '';
    for (const line of lines) this.#onBytes(Buffer.from(line, 'base64'));
  }
}

function untilAborted<Result>(waiting: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    waiting.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

/** Bytes only, never a text: the SDK takes a text as the path of a file on this machine, and uploads that. */
async function upload(
  sandbox: DaytonaSandbox,
  path: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const source = bytes instanceof Uint8Array ? Readable.from([Buffer.from(bytes)]) : Readable.from(bytes);
  await knowing(sandbox.fs.uploadFileStream(source, path, { timeout: transferSeconds }));
}

async function* download(sandbox: DaytonaSandbox, path: string): AsyncIterable<Uint8Array> {
  const stream = await knowing(sandbox.fs.downloadFileStream(path, { timeout: transferSeconds }));
  yield* stream as AsyncIterable<Uint8Array>;
}

async function openPty(sandbox: DaytonaSandbox, options: RemotePtyOptions): Promise<RemotePty> {
  const { columns, rows, cwd, env, onData } = options;
  const id = randomUUID();
  const printed = new InOrder(onData);
  const handle = await knowing(
    sandbox.process.createPty({
      ...{ id, cols: columns, rows, cwd, envs: env },
      onData: (bytes) => printed.add(bytes),
    }),
  );
  printed.pauses(handle);
  const exited = handle.wait().then(
    ({ exitCode }) => ({ exitCode: exitCode === undefined || exitCode < 0 ? null : exitCode }),
    () => ({ exitCode: null }),
  );
  return {
    exited,
    write: (bytes) => knowing(handle.sendInput(bytes)),
    resize: async (cols, lines) => void (await knowing(handle.resize(cols, lines))),
    async kill() {
      await handle.kill().catch((cause: unknown) => {
        // It ends with what runs in it.
        if (!(cause instanceof Error) || cause.name !== 'DaytonaNotFoundError') throw cause;
      });
    },
  };
}

interface Pausable {
  pause?: () => void;
  resume?: () => void;
}

/** One piece after the other: the SDK waits for nobody. Its socket is paused while somebody asks to wait. */
class InOrder {
  readonly #onData: RemotePtyOptions['onData'];
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #socket: Pausable = {};

  constructor(onData: RemotePtyOptions['onData']) {
    this.#onData = onData;
  }

  pauses(handle: object): void {
    this.#socket = (Reflect.get(handle, 'ws') as Pausable | undefined) ?? {};
    if (this.#waiting > 0) this.#socket.pause?.();
  }

  add(bytes: Uint8Array): void {
    this.#waiting += 1;
    this.#socket.pause?.();
    this.#last = this.#last.then(() => this.#give(bytes));
  }

  async #give(bytes: Uint8Array): Promise<void> {
    try {
      await this.#onData(bytes);
    } catch {
      // Nobody reads any more.
    }
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#socket.resume?.();
  }
}

/** Says what the SDK's errors mean where that is known: a sandbox that is not there, or does not run, started nothing. */
async function knowing<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (cause) {
    const { name, message } = cause instanceof Error ? cause : { name: '', message: '' };
    if (/no space left|quota exceeded/i.test(message)) throw new RemoteFailure('no_space', cause);
    const refused = ['DaytonaNotFoundError', 'DaytonaRateLimitError'].includes(name);
    if (refused || /Is the Sandbox started/i.test(message) || neverConnected(cause))
      throw new RemoteFailure('not_started', cause);
    throw cause;
  }
}

function neverConnected(cause: unknown): boolean {
  for (let each = cause; each instanceof Error; each = each.cause)
    if (/ECONNREFUSED|ENOTFOUND/.test(each.message) || ('code' in each && each.code === 'ECONNREFUSED'))
      return true;
  return false;
}
