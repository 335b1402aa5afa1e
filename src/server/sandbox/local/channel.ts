import type { Socket } from 'node:net';
import * as v from 'valibot';
import { FrameReader, chunkBytes, encodeFrame, frameKind, maxFrameBytes } from './pod/frames.ts';
import type { Frame } from './pod/frames.ts';
import type { PodFailure, PodRequest } from './pod/requests.ts';

/** The pod ended, or broke the protocol and was ended, before it answered. */
export class PodLost extends Error {}

/** The supervisor's own word for why a request failed; its text is data of the sandbox. */
export class PodRefusal extends Error {
  readonly failure: PodFailure;
  constructor(failure: PodFailure) {
    super(failure.detail);
    this.failure = failure;
  }
}

/** Of an iterable that fails, the request is given up by whoever gave it. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export type ByteKind = 'stdout' | 'stderr' | 'data';

interface Pending {
  onBytes: (kind: ByteKind, bytes: Buffer) => void;
  resolve: (answer: unknown) => void;
  reject: (cause: Error) => void;
}

const failureSchema = v.object({
  code: v.picklist([
    'not_found',
    'not_a_file',
    'not_a_directory',
    'too_large',
    'no_space',
    'refused',
    'other',
  ]),
  detail: v.pipe(
    v.string(),
    v.transform((text) => text.slice(0, 300)),
  ),
});

const byteKinds = new Map<number, ByteKind>([
  [frameKind.stdout, 'stdout'],
  [frameKind.stderr, 'stderr'],
  [frameKind.data, 'data'],
]);

/**
 * Requests to a supervisor, many at a time. Whatever it sends is checked; what is no valid frame or answer ends the
 * connection, and with it the pod.
 */
export class Channel {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #reader = new FrameReader();
  #lastId = 0;
  #ended = false;

  readonly #onEnd: () => void;

  /** @param onEnd is called before the requests that had no answer are told */
  constructor(socket: Socket, onEnd: () => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.setMaxListeners(0);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => socket.destroy()).on('close', () => this.#end());
    socket.resume();
  }

  /**
   * @param onBytes gets output and file content as they arrive; throwing ends the pod
   * @returns `answer` rejects with `PodRefusal` or `PodLost`
   */
  request(
    request: PodRequest,
    options: { body?: Body | undefined; onBytes?: (kind: ByteKind, bytes: Buffer) => void } = {},
  ): { answer: Promise<unknown>; cancel: () => void } {
    const id = (this.#lastId += 1);
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#ended) return reject(new PodLost('the pod has ended'));
      const start = encodeFrame(frameKind.start, id, JSON.stringify(request));
      if (start.length > maxFrameBytes)
        return reject(new PodRefusal({ code: 'too_large', detail: `more than ${maxFrameBytes} bytes` }));
      this.#pending.set(id, { onBytes: options.onBytes ?? (() => undefined), resolve, reject });
      this.#socket.write(start);
      if (options.body) void this.#send(id, options.body).catch(() => this.#write(frameKind.cancel, id));
    });
    return { answer, cancel: () => this.#write(frameKind.cancel, id) };
  }

  #write(kind: number, id: number, payload: Uint8Array | string = ''): boolean {
    return !this.#socket.writable || this.#socket.write(encodeFrame(kind, id, payload));
  }

  /** Piece by piece, as the pod takes it, until it has answered. */
  async #send(id: number, body: Body): Promise<void> {
    for await (const bytes of body instanceof Uint8Array ? [body] : body)
      for (let at = 0; at < bytes.length && this.#pending.has(id); at += chunkBytes)
        if (!this.#write(frameKind.data, id, bytes.subarray(at, at + chunkBytes))) await this.#drained();
    this.#write(frameKind.end, id);
  }

  /** Or closed. Never rejects: what a broken connection means, the requests are told. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#handle(frame);
    } catch (cause) {
      this.#socket.destroy();
      this.#end(cause);
    }
  }

  #handle({ kind, id, payload }: Frame): void {
    const pending = this.#pending.get(id);
    // Late output of a request that was answered.
    if (!pending) return;
    const bytes = byteKinds.get(kind);
    if (bytes) return pending.onBytes(bytes, payload);
    const answer: unknown = JSON.parse(payload.toString('utf8'));
    if (kind === frameKind.done) pending.resolve(answer);
    else if (kind === frameKind.failed) pending.reject(new PodRefusal(v.parse(failureSchema, answer)));
    else throw new RangeError(`a frame of kind ${kind}`);
    this.#pending.delete(id);
  }

  #end(cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const { reject } of this.#pending.values()) reject(new PodLost('the pod ended', { cause }));
    this.#pending.clear();
  }
}
