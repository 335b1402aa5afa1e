import { hash } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { maxFileBytes } from './indexable.ts';

/** Files that are asked for at the same time. */
const atOnce = 8;

export interface ReadFile {
  path: string;
  /** SHA-256, hex, of its bytes. */
  hash: string;
  /** Without a byte order mark; null: it is not UTF-8 text. */
  text: string | null;
}

/** Through the sandbox. Files that are gone, or cannot be read, are left out. */
export async function readFiles(
  sandbox: Sandbox,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadFile[]> {
  const found: ReadFile[] = [];
  const waiting = [...paths];
  const work = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
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
    const bytes = await sandbox.files.read(path, { maxBytes: maxFileBytes });
    return { path, hash: hash('sha256', bytes, 'hex'), text: decode(bytes) };
  } catch (cause) {
    const isLost = !(cause instanceof CrosspointError) || lostCodes.has(cause.code);
    if (isLost) throw cause;
    return null;
  }
}

const lostCodes = new Set(['sandbox_gone', 'sandbox_unreachable', 'sandbox_unavailable']);

function decode(bytes: Uint8Array): string | null {
  if (bytes.subarray(0, 8_192).includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}
