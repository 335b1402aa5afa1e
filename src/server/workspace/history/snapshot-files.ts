import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What was written, and what it has to be when it is read. */
export interface Written {
  bytes: number;
  /** Hex. */
  sha256: string;
}

const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Snapshots of workspaces on this machine's disk. Nothing ever looks into one here: git and tar run in sandboxes only. */
export class SnapshotFiles {
  readonly #root: string;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'snapshots');
  }

  /**
   * Whole and on disk when it resolves, or not there.
   * @param most bytes after which it is given up
   * @param sum SHA-256, hex, that the bytes have to have
   */
  async write(
    sandboxId: string,
    name: string,
    pieces: AsyncIterable<Uint8Array>,
    { most, sum }: { most: number; sum: string },
  ): Promise<Written> {
    const folder = this.#folder(sandboxId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = join(folder, `${name}.new`);
    try {
      const written = await copy(pieces, temporary, most);
      if (written.sha256 !== sum) throw new Error('what arrived is not what was sent.');
      await rename(temporary, join(folder, name));
      for (const changed of [folder, this.#root, dirname(this.#root)]) await synchronize(changed);
      return written;
    } catch (cause) {
      await rm(temporary, { force: true });
      throw cause;
    }
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

  /** Bytes; null when it is not there. */
  async size(sandboxId: string, name: string): Promise<number | null> {
    try {
      return (await stat(join(this.#folder(sandboxId), name))).size;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause;
    }
  }

  /** Those of one sandbox. */
  names(sandboxId: string): Promise<string[]> {
    return namesIn(this.#folder(sandboxId));
  }

  async sandboxIds(): Promise<string[]> {
    return (await namesIn(this.#root)).filter((name) => idPattern.test(name));
  }

  async remove(sandboxId: string, name: string): Promise<void> {
    await rm(join(this.#folder(sandboxId), name), { force: true });
  }

  async removeAll(sandboxId: string): Promise<void> {
    await rm(this.#folder(sandboxId), { recursive: true, force: true });
  }

  #folder(sandboxId: string): string {
    if (!idPattern.test(sandboxId)) throw new Error(`No sandbox has the id "${sandboxId}".`);
    return join(this.#root, sandboxId);
  }
}

async function copy(pieces: AsyncIterable<Uint8Array>, path: string, most: number): Promise<Written> {
  const file = await open(path, 'w', 0o600);
  const sum = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      bytes += piece.byteLength;
      if (bytes > most) throw new Error(`it is larger than ${most} bytes.`);
      sum.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: sum.digest('hex') };
}

/** A name that was just given outlives a loss of power. */
async function synchronize(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}
