import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What was written, and what it has to be when it is read. */
export interface Written {
  bytes: number;
  /** Hex. */
  sha256: string;
}

/** Bundles of workspaces on this machine's disk. Nothing ever looks into one here: git runs in sandboxes only. */
export class SnapshotFiles {
  readonly #root: string;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'snapshots');
  }

  /** Whole and on disk when it resolves, or not there. */
  async write(sandboxId: string, name: string, pieces: AsyncIterable<Uint8Array>): Promise<Written> {
    const folder = this.#folder(sandboxId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = join(folder, `${name}.new`);
    const file = await open(temporary, 'w', 0o600);
    const sum = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of pieces) {
        sum.update(piece);
        bytes += piece.byteLength;
        await file.writeFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
    return { bytes, sha256: sum.digest('hex') };
  }

  read(sandboxId: string, name: string): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.#folder(sandboxId), name)) as AsyncIterable<Uint8Array>;
  }

  /** Whether the file is what was written. */
  async isWhole(sandboxId: string, name: string, sha256: string): Promise<boolean> {
    const sum = createHash('sha256');
    try {
      await pipeline(createReadStream(join(this.#folder(sandboxId), name)), sum);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw cause;
    }
    return sum.digest('hex') === sha256;
  }

  /** Those of one sandbox. */
  async names(sandboxId: string): Promise<string[]> {
    return readdir(this.#folder(sandboxId)).catch(() => []);
  }

  async sandboxIds(): Promise<string[]> {
    return readdir(this.#root).catch(() => []);
  }

  async remove(sandboxId: string, name: string): Promise<void> {
    await rm(join(this.#folder(sandboxId), name), { force: true });
  }

  async removeAll(sandboxId: string): Promise<void> {
    await rm(this.#folder(sandboxId), { recursive: true, force: true });
  }

  #folder(sandboxId: string): string {
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(sandboxId)) throw new Error(`No sandbox has the id "${sandboxId}".`);
    return join(this.#root, sandboxId);
  }
}
