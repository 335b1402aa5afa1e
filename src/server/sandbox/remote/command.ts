import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { CrosspointError } from '#protocol/errors.ts';
import { defaultOutputBytes, defaultTimeoutMs, maxTimeoutMs } from '../local/limits.ts';
import { CommandOutput } from '../local/output-window.ts';
import type { ExecOptions, ExecResult } from '../sandbox.ts';
import { backgroundLog, commandScript, stopFile } from './command-script.ts';
import type { CommandScript } from './command-script.ts';
import { FrameBroken, runFramed } from './frame.ts';
import { RemoteFailure } from './machine.ts';
import type { RemoteFolders, RemoteMachine } from './machine.ts';
import { endTree } from './process-tree.ts';
import { quote } from './quote.ts';
import { remotePath } from './remote-path.ts';

/** Milliseconds that the sandbox may take, after the command's own time, to end the tree and say so. */
const graceMs = 15_000;
/** Bytes of a command that goes with the script; a longer one becomes a file. */
const maxInlineBytes = 20_000;
const maxCommandBytes = 1_000_000;
/** What bash itself answers when it finds a command that cannot be started. */
const cannotStart = 126;
/** Bash tells of no command that one of these killed, so their usual exit code has to do. */
const untold = new Set(['SIGINT', 'SIGTERM', 'SIGPIPE']);

/** One command in a remote sandbox. Whatever happens to it is a result; only a wrong `cwd` is an error. */
export class RemoteCommand {
  readonly #folders: RemoteFolders;
  readonly #command: string;
  readonly #options: ExecOptions;
  readonly #marker = randomBytes(12).toString('hex');
  readonly #output: CommandOutput;
  readonly #startedAt = performance.now();
  /** Aborted: we listen no more. */
  readonly #listening = new AbortController();
  #machine: RemoteMachine | null = null;
  #listenerFailure: { cause: unknown } | null = null;

  constructor(folders: RemoteFolders, command: string, options: ExecOptions = {}) {
    this.#folders = folders;
    this.#command = command;
    this.#options = options;
    this.#output = new CommandOutput(options.maxOutputBytes ?? defaultOutputBytes, (stream, text) =>
      this.#hear(stream, text),
    );
  }

  /**
   * May be called again when it failed: nothing was started then.
   * @throws {CrosspointError} of a wrong folder; whatever the machine throws when the command was surely not started
   */
  async run(machine: RemoteMachine): Promise<ExecResult> {
    const cwd = remotePath(this.#folders.workdir, this.#options.cwd ?? '.');
    this.#machine = machine;
    const refusal = this.#refusal();
    if (refusal !== null) return this.#result({ exitCode: cannotStart, note: refusal });
    if (this.#options.signal?.aborted) return this.#result({ cancelled: true });
    const script = await this.#script(machine, cwd);
    if (this.#options.signal?.aborted) return this.#result({ cancelled: true });
    const stop = () => this.#stop();
    this.#options.signal?.addEventListener('abort', stop, { once: true });
    const overdue = setTimeout(() => this.#listening.abort(), script.timeoutMs + graceMs);
    try {
      const onOutput = (stream: 'stdout' | 'stderr', bytes: Buffer) => this.#output.add(stream, bytes);
      const framed = { onOutput, signal: this.#listening.signal };
      const result = this.#ending(cwd, await runFramed(machine, commandScript(script), framed));
      if (this.#listenerFailure) throw this.#listenerFailure.cause;
      return result;
    } catch (cause) {
      return this.#failure(cause);
    } finally {
      clearTimeout(overdue);
      this.#options.signal?.removeEventListener('abort', stop);
    }
  }

  async #script(machine: RemoteMachine, cwd: string): Promise<CommandScript> {
    const { env = {}, stdin, background = false, timeoutMs = defaultTimeoutMs } = this.#options;
    const { workdir, scratch } = this.#folders;
    const marker = this.#marker;
    const place = async (kind: string, bytes: Uint8Array) => {
      await machine.upload(`${scratch}/${kind}-${marker}`, bytes);
      return `${kind}-${marker}`;
    };
    const inline = Buffer.byteLength(quote(this.#command)) <= maxInlineBytes;
    return {
      marker,
      workdir,
      scratch,
      cwd,
      env,
      timeoutMs: Math.min(Math.max(1, timeoutMs), maxTimeoutMs),
      command: inline
        ? { text: this.#command }
        : { file: await place('command', Buffer.from(this.#command)) },
      stdin: stdin === undefined ? null : await place('input', stdin),
      background,
    };
  }

  #refusal(): string | null {
    const env = Object.entries(this.#options.env ?? {});
    const names = env.every(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
    const bytes = env.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(quote(value)), 0);
    const nul = [this.#command, ...env.map(([, value]) => value)].some((text) => text.includes('\0'));
    if (nul || !names || bytes > maxInlineBytes || Buffer.byteLength(this.#command) > maxCommandBytes)
      return 'The command could not be started: it, or a variable, is too long or has a NUL.';
    return null;
  }

  /** The tree is ended inside; it says so as at any end, unless nothing comes any more. */
  #stop(): void {
    if (!this.#machine) return;
    const flag = `: >${quote(stopFile(this.#folders.scratch, this.#marker))}`;
    const deadline = setTimeout(() => this.#listening.abort(), graceMs);
    const ended = endTree(this.#machine, this.#marker, flag);
    ended.catch(() => this.#listening.abort()).finally(() => deadline.unref());
  }

  /** The caller's `onOutput`: when it throws, the command is stopped and the caller gets its own error. */
  #hear(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#listenerFailure) return;
    try {
      this.#options.onOutput?.(stream, text);
    } catch (cause) {
      this.#listenerFailure = { cause };
      this.#stop();
    }
  }

  #ending(cwd: string, status: string): ExecResult {
    const [word, ...rest] = status.split(' ');
    const [code = 0, late = 0, said = 0, left = 0] = rest.map(Number);
    if (word === 'outside') throw new CrosspointError('path_outside_workspace', { path: cwd });
    if (word === 'missing') throw new CrosspointError('file_not_found', { path: cwd });
    if (word === 'background') {
      const note = `Its output goes to ${backgroundLog(this.#marker)}.`;
      return this.#result({ processId: code, note });
    }
    const timedOut = late === 7;
    const cancelled = this.#options.signal?.aborted === true && !timedOut;
    const signal = signalOf(code, said === 1);
    return this.#result({
      exitCode: timedOut || cancelled || signal !== null ? null : code,
      signal,
      timedOut,
      cancelled,
      ...(left > 0 ? { note: `${left} of its processes could not be ended.` } : {}),
    });
  }

  #failure(cause: unknown): ExecResult {
    if (!(cause instanceof FrameBroken)) throw cause;
    const refused = cause.cause instanceof RemoteFailure && !cause.started;
    if (refused) throw cause.cause;
    // It may run on, unseen, when only the connection broke. Where the sandbox is lost too, there is nobody to ask.
    if (this.#machine) endTree(this.#machine, this.#marker).catch(() => undefined);
    const cancelled = this.#options.signal?.aborted === true;
    return this.#result({ lost: !cancelled, cancelled, note: 'The connection to the sandbox was lost.' });
  }

  #result(ending: Partial<ExecResult> & { note?: string }): ExecResult {
    this.#output.end();
    const { note, ...known } = ending;
    const printed = this.#output.stderr.text();
    return {
      exitCode: null,
      signal: null,
      stdout: this.#output.stdout.text(),
      stderr: note === undefined ? printed : `${printed}${printed === '' ? '' : '\n'}[${note}]\n`,
      truncatedBytes: this.#output.stdout.truncatedBytes + this.#output.stderr.truncatedBytes,
      timedOut: false,
      cancelled: false,
      lost: false,
      durationMs: performance.now() - this.#startedAt,
      ...known,
    };
  }
}

/** @param said whether bash told that a signal ended it */
function signalOf(code: number, said: boolean): string | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return found && (said || untold.has(found[0])) ? found[0] : null;
}
