import type { Socket } from 'node:net';
import { chunkBytes, encodeFrame, frameKind } from './frames.ts';
import type { ExecDone, PodEntry, PodFailure } from './requests.ts';

/** The answer to one request, written to the control socket. Whoever streams waits for `ready` when it gets `false`. */
export class Reply {
  readonly #socket: Socket;
  readonly #id: number;

  constructor(socket: Socket, id: number) {
    this.#socket = socket;
    this.#id = id;
  }

  /** @returns false when the host reads more slowly than we write */
  bytes(kind: 'stdout' | 'stderr' | 'data', bytes: Buffer): boolean {
    let flows = true;
    for (let at = 0; at < bytes.length; at += chunkBytes)
      flows = this.#write(frameKind[kind], bytes.subarray(at, at + chunkBytes));
    return flows;
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.#socket.once('drain', resolve));
  }

  done(
    result:
      | ExecDone
      | { entry: PodEntry | null }
      | { size: number }
      | { token: string | null }
      | { identity: string }
      | Record<string, never>,
  ): void {
    this.#write(frameKind.done, JSON.stringify(result));
  }

  failed(failure: PodFailure): void {
    this.#write(frameKind.failed, JSON.stringify(failure));
  }

  #write(kind: number, payload: Uint8Array | string): boolean {
    return this.#socket.writable && this.#socket.write(encodeFrame(kind, this.#id, payload));
  }
}

const codes: Record<string, PodFailure['code']> = {
  ENOENT: 'not_found',
  EISDIR: 'not_a_file',
  ENOTDIR: 'not_found',
  ENXIO: 'not_a_file',
  ENOSPC: 'no_space',
  EDQUOT: 'no_space',
  EFBIG: 'too_large',
};

/** What a system call's failure means to the host. */
export function failureOf(cause: unknown): PodFailure {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return { code: codes[code] ?? 'other', detail: code || message };
}
