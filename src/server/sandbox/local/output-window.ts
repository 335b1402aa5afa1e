import { StringDecoder } from 'node:string_decoder';

/**
 * Keeps the first and the last half of a stream and counts what fell out between them, however much arrives: a flood must
 * neither fill the memory nor stop the pipe.
 */
export class OutputWindow {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #truncated = 0;

  /** @param limit bytes that are kept in all */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  add(chunk: Buffer): void {
    const room = this.#half - this.#headBytes;
    if (room > 0) {
      this.#head.push(chunk.subarray(0, room));
      this.#headBytes += Math.min(room, chunk.length);
    }
    if (chunk.length <= room) return;
    const rest = chunk.subarray(Math.max(0, room));
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    // Joined seldom, so that many small chunks do not cost a copy of the tail each.
    if (this.#tailBytes > 2 * this.#half || this.#tail.length > 4_096) this.#trim();
  }

  get truncatedBytes(): number {
    this.#trim();
    return this.#truncated;
  }

  /** UTF-8; a character that was cut in two becomes a replacement character. */
  text(): string {
    this.#trim();
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    if (this.#truncated === 0) return Buffer.concat([head, tail]).toString('utf8');
    return `${head.toString('utf8')}\n[… ${this.#truncated} bytes left out …]\n${tail.toString('utf8')}`;
  }

  #trim(): void {
    const over = this.#tailBytes - this.#half;
    if (over <= 0) return;
    this.#tail = [Buffer.from(Buffer.concat(this.#tail).subarray(over))];
    this.#tailBytes = this.#half;
    this.#truncated += over;
  }
}

/** Both streams of one command: what is kept, and the text as it arrives. */
export class CommandOutput {
  readonly stdout: OutputWindow;
  readonly stderr: OutputWindow;
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  readonly #onOutput: ((stream: 'stdout' | 'stderr', text: string) => void) | undefined;

  constructor(limit: number, onOutput?: (stream: 'stdout' | 'stderr', text: string) => void) {
    this.stdout = new OutputWindow(limit);
    this.stderr = new OutputWindow(limit);
    this.#onOutput = onOutput;
  }

  add(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream].add(chunk);
    const text = this.#decoders[stream].write(chunk);
    if (text) this.#onOutput?.(stream, text);
  }

  /** What a cut character leaves behind. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#decoders[stream].end();
      if (text) this.#onOutput?.(stream, text);
    }
  }
}
