import { posix } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';

/** Where every local sandbox has its workspace. */
export const workdir = '/workspace';

/**
 * A path relative to the workspace, `.` for the workspace itself. This only sorts out mistakes and early escapes; what
 * holds is that the path is opened inside the pod, where there is nothing else to reach (rules R14, R15).
 * @throws {CrosspointError} `path_outside_workspace`
 */
export function workspacePath(path: string): string {
  const below = path === workdir || path.startsWith(`${workdir}/`) ? `.${path.slice(workdir.length)}` : path;
  const relative = posix.normalize(below).replace(/\/+$/, '');
  const escapes = relative.startsWith('/') || relative === '..' || relative.startsWith('../');
  if (path.includes('\0') || path.length > 4_096 || below.startsWith('/') || escapes)
    throw new CrosspointError('path_outside_workspace', { path: path.slice(0, 200) });
  return relative === '' ? '.' : relative;
}
