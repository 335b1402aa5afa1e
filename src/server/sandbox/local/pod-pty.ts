import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { Pty, PtyOptions } from '../sandbox.ts';
import { PodRefusal } from './channel.ts';
import type { Pod } from './pod.ts';
import { chunkBytes, encodeFrame, frameKind } from './pod/frames.ts';
import { workspacePath } from './workspace-path.ts';

/** Milliseconds until a tunnel that was asked for must be there. */
const dialMs = 10_000;
/** Milliseconds for a change of the size. */
const resizeMs = 10_000;
/** Bytes that were shown after which the pod is told so; well below what may be on its way. */
const toldBytes = 8_192;
const exitCodeSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const endSchema = v.object({ exitCode: v.nullable(exitCodeSchema) });

/** A terminal of a pod: its bytes have a connection of their own, so that they wait for no other's. */
export async function openPty(pod: Pod, { columns, rows, cwd = '.' }: PtyOptions): Promise<Pty> {
  const folder = workspacePath(cwd);
  const { token, socket, abort } = pod.awaitTunnel();
  const request = { op: 'pty', token, columns, rows, cwd: folder } as const;
  const { answer, cancel } = pod.request(request, { deadlineMs: null });
  const ended = answer.then((end) => v.parse(endSchema, end).exitCode).catch(() => null);
  const neverStarted = answer.then(
    () => Promise.reject(noTerminal()),
    (cause: unknown) => Promise.reject(startFailure(folder, cause)),
  );
  const connection = await inTime(socket, neverStarted, abort, cancel);
  return new PodPty(pod, token, connection, ended, cancel);
}

class PodPty implements Pty {
  readonly exited: Promise<{ exitCode: number | null }>;
  readonly #pod: Pod;
  readonly #token: string;
  readonly #connection: Socket;
  readonly #ended: Promise<unknown>;
  readonly #cancel: () => void;
  #killed = false;
  #untold = 0;

  constructor(
    pod: Pod,
    token: string,
    connection: Socket,
    ended: Promise<number | null>,
    cancel: () => void,
  ) {
    this.#pod = pod;
    this.#token = token;
    this.#connection = connection;
    this.#ended = ended;
    this.#cancel = cancel;
    this.exited = ended.then((exitCode) => this.#close(exitCode));
  }

  onData(listener: (bytes: Uint8Array) => void | Promise<void>): void {
    this.#connection.on('data', (chunk: Buffer) => {
      const busy = listener(chunk);
      if (!busy) return this.#tell(chunk.length);
      this.#connection.pause();
      void busy.then(() => {
        this.#tell(chunk.length);
        this.#connection.resume();
      });
    });
  }

  /** What is written to a shell that has ended goes nowhere. */
  write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at + chunkBytes < bytes.length; at += chunkBytes)
      this.#connection.write(encodeFrame(frameKind.data, 0, bytes.subarray(at, at + chunkBytes)));
    const last = bytes.subarray(Math.floor((bytes.length - 1) / chunkBytes) * chunkBytes);
    return new Promise((resolve) => {
      this.#connection.write(encodeFrame(frameKind.data, 0, last), () => resolve());
    });
  }

  async resize(columns: number, rows: number): Promise<void> {
    const size = { op: 'resize', token: this.#token, columns, rows } as const;
    // One that has ended meanwhile has no size.
    await this.#pod.request(size, { deadlineMs: resizeMs }).answer.catch(() => undefined);
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.#cancel();
    await this.#ended;
    this.#connection.destroy();
  }

  /** What the shell printed last comes on another connection than the word that it has ended. */
  async #close(exitCode: number | null): Promise<{ exitCode: number | null }> {
    const isHeard = this.#connection.readableFlowing !== null;
    if (isHeard && !this.#killed)
      await finished(this.#connection, { writable: false }).catch(() => undefined);
    this.#connection.destroySoon();
    return { exitCode: this.#killed ? null : exitCode };
  }

  #tell(size: number): void {
    this.#untold += size;
    if (this.#untold < toldBytes) return;
    this.#connection.write(encodeFrame(frameKind.shown, this.#untold));
    this.#untold = 0;
  }
}

/** One connection to a port inside. @throws `port_closed` */
export async function connectPort(pod: Pod, port: number): Promise<Socket> {
  const { token, socket, abort } = pod.awaitTunnel();
  const { answer } = pod.request({ op: 'connect', port, token }, { deadlineMs: dialMs });
  const refused = answer.then(
    () => new Promise<never>(() => undefined),
    (cause: unknown) => Promise.reject(new CrosspointError('port_closed', { port }, { cause })),
  );
  return inTime(socket, refused, abort, () => undefined);
}

async function inTime(
  socket: Promise<Socket>,
  failed: Promise<never>,
  abort: () => void,
  cancel: () => void,
): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CrosspointError('sandbox_unreachable')), dialMs);
  });
  try {
    return await Promise.race([socket, failed, late]);
  } catch (cause) {
    cancel();
    throw cause;
  } finally {
    clearTimeout(timer);
    abort();
    failed.catch(() => undefined);
  }
}

function startFailure(cwd: string, cause: unknown): CrosspointError {
  if (!(cause instanceof PodRefusal)) return new CrosspointError('sandbox_unreachable', {}, { cause });
  if (cause.failure.code === 'not_found')
    return new CrosspointError('file_not_found', { path: cwd }, { cause });
  return noTerminal(cause);
}

function noTerminal(cause?: unknown): CrosspointError {
  const remedy = 'It needs the program "script" of util-linux.';
  return new CrosspointError('unsupported_by_sandbox', { what: 'A terminal', remedy }, { cause });
}
