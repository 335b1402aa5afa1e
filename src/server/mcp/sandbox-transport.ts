import { setTimeout as wait } from 'node:timers/promises';
import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { CrosspointError } from '#protocol/errors.ts';
import type { Pty, Sandbox } from '#server/sandbox/sandbox.ts';

/** Milliseconds until the program must have been started. */
const startMs = 20_000;
/** Bytes of one message. */
const messageBytes = 16 * 1024 * 1024;
const newline = 10;

/**
 * A server that speaks over standard input and output, as a process inside the sandbox: never on the host. The way to it is a
 * terminal of the sandbox that was made to pass bytes as they are, which every provider of sandboxes has; the program itself
 * gets pipes. What it says beside the protocol (standard error) is kept in a file inside.
 */
export class SandboxTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #open: () => Promise<Sandbox>;
  readonly #command: string;
  #pty: Pty | null = null;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #started = false;
  #closed = false;

  constructor(open: () => Promise<Sandbox>, command: string) {
    this.#open = open;
    this.#command = command;
  }

  /** @throws `mcp_not_started`, and what opening the sandbox throws */
  async start(): Promise<void> {
    const sandbox = await this.#open();
    const pty = await sandbox.pty({ columns: 200, rows: 50 });
    this.#pty = pty;
    const ready = Promise.withResolvers<'ready'>();
    pty.onData((bytes) => this.#take(Buffer.from(bytes), () => ready.resolve('ready')));
    void pty.exited.then(() => this.#end());
    await pty.write(Buffer.from(startLine(this.#command, `${sandbox.scratch.folder}/mcp.log`)));
    const timer = new AbortController();
    const late = wait(startMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
    const ended = pty.exited.then(() => 'ended' as const);
    const outcome = await Promise.race([ready.promise, ended, late]);
    timer.abort();
    if (outcome === 'ready') return;
    await this.close();
    throw new CrosspointError('mcp_not_started');
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (!this.#pty || this.#closed) throw new Error('The server has ended.');
    await this.#pty.write(Buffer.from(serializeMessage(message)));
  }

  async close(): Promise<void> {
    await this.#pty?.kill();
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }

  /** Everything before the mark is the shell's own talk. Pieces of a long message are put together once, at its end. */
  #take(chunk: Buffer, onReady: () => void): void {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > messageBytes) {
      this.onerror?.(new Error(`A message is larger than ${messageBytes} bytes.`));
      void this.close();
    } else if (!this.#started || chunk.includes(newline)) this.#readLines(onReady);
  }

  #readLines(onReady: () => void): void {
    let text = Buffer.concat(this.#pieces);
    if (!this.#started) {
      const at = text.indexOf(mark);
      if (at >= 0) {
        this.#started = true;
        text = text.subarray(at + mark.length);
        onReady();
      }
    }
    for (let end = text.indexOf(newline); this.#started && end >= 0; end = text.indexOf(newline)) {
      const line = text.subarray(0, end).toString('utf8').trim();
      text = text.subarray(end + 1);
      if (line !== '') this.#read(line);
    }
    this.#pieces = [text];
    this.#bytes = text.length;
  }

  /** A line that is no message is told, and passed over: many programs greet on standard output. */
  #read(line: string): void {
    try {
      this.onmessage?.(deserializeMessage(line));
    } catch (cause) {
      this.onerror?.(cause instanceof Error ? cause : new Error(String(cause)));
    }
  }
}

/** Printed in two halves, so that the echo of the line that prints it does not hold it. */
const halves = ['\u0001crosspoint-', 'mcp\u0001\n'] as const;
const mark = Buffer.from(halves.join(''));

/**
 * Raw: no echo, no line editing, no signals from bytes. The program's end takes the pipes on both of its sides along, so
 * that its connection ends with it.
 */
function startLine(command: string, log: string): string {
  const run = `cat | { bash -c ${quoted(command)} 2>>${quoted(log)}; kill -TERM 0; } | cat`;
  return ` stty raw -echo; printf '%b%b' '\\001crosspoint-' 'mcp\\001\\n'; exec bash -c ${quoted(run)}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
