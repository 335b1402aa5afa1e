import { hash } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { isGenerated, maxFileBytes } from './indexable.ts';
import { readArchive } from './read-archive.ts';

/** Files that are asked for at the same time. */
const atOnce = 8;
/** Files and bytes that are read, cut and put into the index in one piece; a stop, or a crash, loses no more than one. */
const batchFiles = 32;
const batchBytes = 150_000;
/** Of a sandbox of a service, more files than this come in one archive: one request each takes longer. */
const fewFiles = 12;

export interface ReadFile {
  path: string;
  /** SHA-256, hex, of its bytes. */
  hash: string;
  /** Without a byte order mark; null: it is no text, or a program wrote it. */
  text: string | null;
}

export interface Batch {
  /** How many were asked for. */
  asked: number;
  /** Those that are still there and can be read. */
  read: ReadFile[];
}

/**
 * Files of a workspace, a batch at a time; the next one is read while the last one is worked on.
 * @param sizeOf bytes of a file, as it was listed
 */
export async function* readInBatches(
  sandbox: Sandbox,
  paths: readonly string[],
  sizeOf: (path: string) => number,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const [first, ...rest] = batchesOf(paths, sizeOf);
  if (!first) return;
  const start = (batch: readonly string[]) => {
    const reading = readFiles(sandbox, batch, signal);
    // It is looked at when its turn comes.
    reading.catch(() => undefined);
    return { batch, reading };
  };
  let next = start(first);
  for (const batch of [...rest, null]) {
    const { batch: asked, reading } = next;
    const read = await reading;
    if (batch) next = start(batch);
    yield { asked: asked.length, read };
  }
}

function batchesOf(paths: readonly string[], sizeOf: (path: string) => number): string[][] {
  const batches: string[][] = [];
  let bytes = Infinity;
  for (const path of paths) {
    const size = sizeOf(path);
    if (bytes + size > batchBytes || (batches.at(-1)?.length ?? 0) >= batchFiles) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(path);
    bytes += size;
  }
  return batches;
}

async function readFiles(
  sandbox: Sandbox,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadFile[]> {
  const found: ReadFile[] = [];
  if (sandbox.provider !== 'local' && paths.length > fewFiles) {
    for await (const { path, bytes } of readArchive(sandbox, paths, maxFileBytes, signal))
      found.push(readFileOf(path, bytes));
    return found;
  }
  const waiting = paths.values();
  const work = async () => {
    for (const path of waiting) {
      signal.throwIfAborted();
      const file = await readFile(sandbox, path);
      if (file) found.push(file);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}

/** null: it is gone, is too large by now, or cannot be read. @throws when the sandbox does not answer */
export async function readFile(sandbox: Sandbox, path: string): Promise<ReadFile | null> {
  try {
    return readFileOf(path, await sandbox.files.read(path, { maxBytes: maxFileBytes }));
  } catch (cause) {
    const isLost = !(cause instanceof CrosspointError) || lostCodes.has(cause.code);
    if (isLost) throw cause;
    return null;
  }
}

const lostCodes = new Set(['sandbox_gone', 'sandbox_unreachable', 'sandbox_unavailable']);

function readFileOf(path: string, bytes: Uint8Array): ReadFile {
  return { path, hash: hash('sha256', bytes, 'hex'), text: decode(bytes) };
}

/** Bytes in which git, too, looks for a zero byte to call a file binary. */
const binaryBytes = 8_000;

function decode(bytes: Uint8Array): string | null {
  if (bytes.subarray(0, binaryBytes).includes(0)) return null;
  const text = new TextDecoder().decode(bytes);
  return isGenerated(text) ? null : text;
}
