import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { WebSocket } from 'ws';
import { DaemonError } from './daemon-error.ts';

const marks = { stdout: Buffer.from([1, 1, 1]), stderr: Buffer.from([2, 2, 2]) };
/** Bytes on their way to a reader, after which the command is not read on. */
const mostWaiting = 1024 * 1024;

interface Session {
  /** One shell for each; it reads its commands from its standard input, which commands share. */
  shell: ChildProcess | null;
  commandId: string | null;
  log: Buffer[];
  readers: Set<WebSocket>;
  ended: boolean;
}

/** Sessions of one sandbox. A command goes on when nobody reads it, and its whole log can be read later. */
export class Sessions {
  readonly #home: string;
  readonly #sessions = new Map<string, Session>();

  constructor(home: string) {
    this.#home = home;
  }

  create({ sessionId }: { sessionId?: unknown }): undefined {
    if (typeof sessionId !== 'string' || sessionId === '')
      throw new DaemonError(400, 'sessionId is required');
    if (this.#sessions.has(sessionId)) throw new DaemonError(409, 'session already exists');
    this.#sessions.set(sessionId, {
      shell: null,
      commandId: null,
      log: [],
      readers: new Set(),
      ended: false,
    });
  }

  run(
    id: string,
    { command, runAsync, ...rest }: { command?: unknown; runAsync?: unknown },
  ): { cmdId: string } {
    const session = this.#get(id);
    if (typeof command !== 'string' || command.trim() === '')
      throw new DaemonError(400, 'command is required');
    if (runAsync !== true || Object.keys(rest).length > 0 || session.shell)
      throw new DaemonError(400, 'this stand-in runs one asynchronous command in each session');
    const shell = spawn('bash', [], { cwd: this.#home, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    session.shell = shell;
    session.commandId = `cmd-${shell.pid}`;
    shell.stdin.on('error', () => undefined);
    // Left open, as the real one leaves it: who reads from it waits for ever.
    shell.stdin.write(`${command}\nexit $?\n`);
    const labellers = (['stdout', 'stderr'] as const).map((name) => {
      const labeller = new Labeller(marks[name], (piece) => this.#add(session, piece));
      shell[name].on('data', (bytes: Buffer) => labeller.add(bytes));
      return labeller;
    });
    shell.on('close', () => {
      for (const labeller of labellers) labeller.end();
      session.ended = true;
      for (const reader of session.readers) reader.close(1000);
    });
    return { cmdId: session.commandId };
  }

  follow(id: string, commandId: string, reader: WebSocket): void {
    const session = this.#get(id);
    if (session.commandId !== commandId) throw new DaemonError(404, 'command not found');
    for (const piece of session.log) reader.send(piece);
    if (session.ended) return reader.close(1000);
    session.readers.add(reader);
    reader.on('close', () => session.readers.delete(reader));
  }

  /** With the shell and everything below it; what has left its tree goes on. */
  remove(id: string): undefined {
    const { shell, readers } = this.#get(id);
    this.#sessions.delete(id);
    if (shell?.pid !== undefined && shell.exitCode === null) killTree(shell.pid);
    for (const reader of readers) reader.close(1000);
  }

  #add(session: Session, piece: Buffer): void {
    session.log.push(piece);
    const { shell } = session;
    for (const reader of session.readers) {
      reader.send(piece, () => {
        if (reader.bufferedAmount < mostWaiting)
          for (const stream of [shell?.stdout, shell?.stderr]) stream?.resume();
      });
      if (reader.bufferedAmount > mostWaiting)
        for (const stream of [shell?.stdout, shell?.stderr]) stream?.pause();
    }
  }

  #get(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new DaemonError(404, 'session not found');
    return session;
  }
}

/**
 * What the real daemon's shell loop makes of a stream (`while IFS= read -r line || [ -n "$line" ]; do printf …`): one piece
 * for each line, a line end after the last one too, nothing before a line has ended, and no zero bytes.
 */
class Labeller {
  readonly #mark: Buffer;
  readonly #onPiece: (piece: Buffer) => void;
  #held = Buffer.alloc(0);

  constructor(mark: Buffer, onPiece: (piece: Buffer) => void) {
    this.#mark = mark;
    this.#onPiece = onPiece;
  }

  add(bytes: Buffer): void {
    let rest = Buffer.concat([this.#held, Buffer.from(bytes.filter((byte) => byte !== 0))]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#onPiece(Buffer.concat([this.#mark, rest.subarray(0, end + 1)]));
      rest = rest.subarray(end + 1);
    }
    this.#held = rest;
  }

  end(): void {
    if (this.#held.length > 0) this.#onPiece(Buffer.concat([this.#mark, this.#held, Buffer.from('\n')]));
  }
}

function killTree(pid: number): void {
  for (const child of childrenOf(pid)) killTree(child);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  } catch {
    return [];
  }
}
