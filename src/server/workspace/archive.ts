import { randomUUID } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** Milliseconds for an archive of a large folder. */
const timeoutMs = 300_000;

/**
 * A folder as .tar.gz, packed inside the sandbox: links stay links, and nothing outside of the workspace is in it.
 * @throws CrosspointError `bad_request` with tar's own words
 */
export async function* packed(sandbox: Sandbox, path: string): AsyncGenerator<Uint8Array> {
  const name = `download-${randomUUID()}.tar.gz`;
  try {
    await tar(sandbox, 'tar -czf "$ARCHIVE" -- "$FOLDER"', name, path);
    yield* sandbox.scratch.read(name);
  } finally {
    await sandbox.scratch.remove(name).catch(() => undefined);
  }
}

/** Unpacks a .tar (also compressed) into a folder, inside the sandbox, as its user. @throws CrosspointError `bad_request` */
export async function unpackInto(
  sandbox: Sandbox,
  folder: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  // Refuses a folder that is not in the workspace.
  await sandbox.files.stat(folder);
  const name = `upload-${randomUUID()}.tar`;
  try {
    await sandbox.scratch.write(name, bytes);
    const unpack =
      'mkdir -p -- "$FOLDER" && tar -xf "$ARCHIVE" --no-same-owner --no-same-permissions -C "$FOLDER"';
    await tar(sandbox, unpack, name, folder);
  } finally {
    await sandbox.scratch.remove(name).catch(() => undefined);
  }
}

async function tar(sandbox: Sandbox, command: string, name: string, folder: string): Promise<void> {
  const env = { ARCHIVE: `${sandbox.scratch.folder}/${name}`, FOLDER: folder };
  const result = await sandbox.exec(command, { env, timeoutMs });
  if (result.exitCode === 0) return;
  throw new CrosspointError('bad_request', { detail: `tar: ${result.stderr.trim() || 'it failed'}` });
}
