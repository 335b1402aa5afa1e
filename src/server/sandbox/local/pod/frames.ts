/**
 * What host and supervisor say to each other on the control socket: a 9-byte header (payload length, kind, request id),
 * then the payload. One request is `start`, optional `data` and `end`; its answer is any number of output frames and then
 * exactly one `done` or `failed`. Text in base64 inside JSON lines was tried before: 6 s for a file of 3 MB.
 */
export const frameKind = {
  /** Host to pod: JSON, one of `PodRequest`. */
  start: 1,
  /** Either way: bytes of a file or of standard input. */
  data: 2,
  /** Host to pod: no more `data`. */
  end: 3,
  /** Host to pod: stop the command with its process tree. */
  cancel: 4,
  /** Host to pod, on the connection of a terminal: as many bytes as its id says were shown. */
  shown: 5,
  stdout: 10,
  stderr: 11,
  /** Pod to host: JSON, the result. */
  done: 13,
  /** Pod to host: JSON, a `PodFailure`. */
  failed: 14,
} as const;

export interface Frame {
  kind: number;
  id: number;
  payload: Buffer;
}

const headerBytes = 9;
/** Bytes. A longer frame is a broken or hostile peer. */
export const maxFrameBytes = 1_048_576;
/** Bytes of a file or of output in one frame. */
export const chunkBytes = 131_072;

export function encodeFrame(kind: number, id: number, payload: Uint8Array | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(headerBytes + body.byteLength);
  frame.writeUInt32BE(body.byteLength, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(id, 5);
  frame.set(body, headerBytes);
  return frame;
}

/** Cuts a byte stream into frames. Memory is bounded by `maxFrameBytes` and the chunk given. */
export class FrameReader {
  #parts: Buffer[] = [];
  #buffered = 0;

  /** @throws {RangeError} when the peer announces a frame that is too long; the stream is then useless. */
  push(chunk: Buffer): Frame[] {
    this.#parts.push(chunk);
    this.#buffered += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | null {
    if (this.#buffered < headerBytes) return null;
    const header = this.#joined(headerBytes);
    const length = header.readUInt32BE(0);
    if (length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes`);
    if (this.#buffered < headerBytes + length) return null;
    const whole = this.#joined(headerBytes + length);
    const size = headerBytes + length;
    this.#parts[0] = whole.subarray(size);
    this.#buffered -= size;
    return {
      kind: whole.readUInt8(4),
      id: whole.readUInt32BE(5),
      payload: whole.subarray(headerBytes, size),
    };
  }

  /** The first part, grown until it holds `size` bytes. */
  #joined(size: number): Buffer {
    const [first] = this.#parts;
    if (first && first.length >= size) return first;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [whole];
    return whole;
  }
}
