import { lstat, realpath } from 'node:fs/promises';
import { CrosspointError } from '#protocol/errors.ts';

/** A folder of this machine that is the workspace of a sandbox, in place of one of ours. */
export interface BoundFolder {
  path: string;
  /** Of its owner, as whom the pod runs when the app is root. */
  uid: number;
  gid: number;
  /** Which folder it is, whatever its path leads to by the time it is mounted. */
  identity: string;
}

/**
 * Only a folder itself, never what a link leads to: commands of another sandbox may have put the link there.
 * @param dataDir of the app, which no command may see
 * @throws {CrosspointError} `sandbox_unavailable`
 */
export async function boundFolder(path: string, dataDir: string, asRoot: boolean): Promise<BoundFolder> {
  const status = await lstat(path, { bigint: true }).catch((cause: unknown) => {
    throw unavailable(
      `The folder ${path} cannot be reached.`,
      'Bring it back, or start a new thread.',
      cause,
    );
  });
  const [real, data] = await Promise.all([realpath(path), realpath(dataDir)]);
  if (!status.isDirectory() || real !== path)
    throw unavailable(`${path} is no folder, or a link leads to it.`, `Name the folder itself: ${real}`);
  if (isWithin(data, real) || isWithin(real, data))
    throw unavailable(`${path} has to do with Crosspoint's own data.`, 'Choose another folder.');
  const [uid, gid] = [Number(status.uid), Number(status.gid)];
  if (asRoot && uid === 0)
    throw unavailable(
      `${path} belongs to root, and commands never run as root.`,
      'Copy it in instead, or give it to another user.',
    );
  return { path, uid, gid: gid === 0 ? uid : gid, identity: `${status.dev}:${status.ino}` };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function unavailable(reason: string, remedy: string, cause?: unknown): CrosspointError {
  return new CrosspointError('sandbox_unavailable', { reason, remedy }, { cause });
}
