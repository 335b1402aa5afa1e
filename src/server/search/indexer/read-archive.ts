import { randomUUID } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { tarFiles, type TarFile } from './tar-files.ts';

/** Milliseconds. */
const timeoutMs = 120_000;
/** tar's exit codes up to this: files changed or went while it read. What it has read is there. */
const readWithFaults = 2;

/**
 * Files of a workspace, packed inside its sandbox and unpacked in memory. Those that are gone or cannot be read are left out;
 * links are not followed. No path of an archive is ever opened on the host.
 * @param maxBytes of one file; larger ones are left out
 */
export async function* readArchive(
  sandbox: Sandbox,
  paths: readonly string[],
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<TarFile> {
  // scripts/list.sh removes what was left behind.
  const name = `search.${randomUUID()}`;
  const pack =
    'tar --create --file="$ARCHIVE" --format=gnu --hard-dereference --no-recursion --ignore-failed-read --null --verbatim-files-from --files-from=-';
  try {
    const result = await sandbox.exec(pack, {
      env: { ARCHIVE: `${sandbox.scratch.folder}/${name}`, LC_ALL: 'C' },
      stdin: Buffer.from(paths.map((path) => `./${path}\0`).join('')),
      timeoutMs,
      signal,
    });
    signal.throwIfAborted();
    if (result.lost) throw new CrosspointError('sandbox_unreachable');
    if (result.exitCode === null || result.exitCode > readWithFaults)
      throw new CrosspointError('not_indexed', { reason: 'the files cannot be read.' });
    const asked = new Set(paths);
    for await (const { path, bytes } of tarFiles(sandbox.scratch.read(name), maxBytes)) {
      const plain = path.replace(/^\.\//, '');
      // Nothing else gets in, whoever wrote the archive.
      if (asked.delete(plain)) yield { path: plain, bytes };
    }
  } finally {
    await sandbox.scratch.remove(name).catch(() => undefined);
  }
}
