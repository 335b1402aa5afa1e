import { appendFileSync, renameSync } from 'node:fs';
import { failureOf } from './reply.ts';

/** Bytes; the log and the one before it hold the last half to whole of twice this. */
const maxLogBytes = 4_194_304;

/** What a background command prints, in a file that commands can read. Old output goes; the pipe never blocks. */
export class BackgroundLog {
  readonly path: string;
  #size = 0;

  constructor(path: string) {
    this.path = path;
    this.add(Buffer.alloc(0));
  }

  add(chunk: Buffer): void {
    try {
      if (this.#size + chunk.length > maxLogBytes) this.#rotate();
      appendFileSync(this.path, chunk);
      this.#size += chunk.length;
    } catch (cause) {
      // /tmp is full or the file was replaced by a folder: the command goes on without its log.
      if (failureOf(cause).code === 'other') throw cause;
    }
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    this.#size = 0;
  }
}
