import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** Paths in one command. */
const batchSize = 2_000;

/**
 * SHA-256 of files, made inside the sandbox: after a restart nothing has to leave it to know that nothing changed. A file that
 * is gone, or where the program for it is missing, is not in the answer.
 */
export async function hashFiles(
  sandbox: Sandbox,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (let at = 0; at < paths.length; at += batchSize) {
    const batch = paths.slice(at, at + batchSize);
    const { stdout } = await sandbox.exec('xargs -0 -r sha256sum -z -- 2>/dev/null; true', {
      stdin: Buffer.from(batch.map((path) => `./${path}\0`).join('')),
      timeoutMs: 60_000,
      signal,
      maxOutputBytes: 16_000_000,
    });
    signal.throwIfAborted();
    for (const line of stdout.split('\0')) {
      const [, hash, path] = /^([0-9a-f]{64}) [ *]\.\/(.+)$/s.exec(line) ?? [];
      if (hash && path) hashes.set(path, hash);
    }
  }
  return hashes;
}
