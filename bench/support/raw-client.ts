import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** One HTTP connection that stays open, in as little work as possible: what is measured must not be the client. */
export class RawConnection {
  readonly #socket: Socket;
  #waiting: ((chunk: Buffer | null) => void) | null = null;
  readonly #queue: Buffer[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      if (this.#waiting) this.#waiting(chunk);
      else this.#queue.push(chunk);
    });
    socket.on('close', () => this.#waiting?.(null));
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends a request and reads its answer to the end. @throws for an answer that is no 200 */
  async exchange(request: Buffer): Promise<Timing> {
    const startedAt = performance.now();
    this.#socket.write(request);
    let bytes = await this.#next();
    let firstAt: number | null = null;
    let isEnd: End | null = null;
    for (;;) {
      isEnd ??= readHead(bytes);
      if (firstAt === null && isEnd && bytes.includes('data:')) firstAt = performance.now();
      if (isEnd?.(bytes)) break;
      const chunk = await this.#next();
      // Of a stream only the end is kept.
      const kept: Buffer = isEnd === chunkedEnd && firstAt !== null ? bytes.subarray(-64) : bytes;
      bytes = Buffer.concat([kept, chunk]);
    }
    const ms = performance.now() - startedAt;
    return { ms, firstMs: (firstAt ?? performance.now()) - startedAt };
  }

  close(): void {
    this.#socket.destroy();
  }

  #next(): Promise<Buffer> {
    const queued = this.#queue.shift();
    if (queued) return Promise.resolve(queued);
    return new Promise((resolve, reject) => {
      this.#waiting = (chunk) => {
        this.#waiting = null;
        if (chunk) resolve(chunk);
        else reject(new Error('the connection was closed'));
      };
    });
  }
}

export interface Timing {
  ms: number;
  /** To the first event of a stream. */
  firstMs: number;
}

type End = (bytes: Buffer) => boolean;

const chunkedEnd: End = (bytes) =>
  /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(bytes.toString('latin1', Math.max(0, bytes.length - 64)));

/** When the answer is whole, once its head is there. @throws for one that is no 200 */
function readHead(bytes: Buffer): End | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase();
  if (!head.startsWith('http/1.1 200')) throw new Error(bytes.toString('utf8').slice(0, 1_000));
  const length = /content-length: (\d+)/.exec(head)?.[1];
  if (length === undefined) return chunkedEnd;
  const total = headEnd + 4 + Number(length);
  return (all) => all.length >= total;
}

/** Where a server takes the same request. */
export interface Server {
  name: string;
  port: number;
  pid: number;
  headers: Record<string, string>;
}

export function requestBytes(
  { port, headers }: Server,
  path: string,
  body: object,
  more: Record<string, string> = {},
): Buffer {
  const text = Buffer.from(JSON.stringify(body));
  const all = { host: `127.0.0.1:${port}`, 'content-type': 'application/json', ...headers, ...more };
  const lines = Object.entries({ ...all, 'content-length': text.length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), text]);
}
