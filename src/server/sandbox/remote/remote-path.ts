import { posix } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';

/**
 * A path relative to the workspace, `.` for the workspace itself. It sorts out mistakes; where links lead is looked at
 * inside the sandbox.
 * @throws {CrosspointError} `path_outside_workspace`
 */
export function remotePath(workdir: string, path: string): string {
  const below = path === workdir || path.startsWith(`${workdir}/`) ? `.${path.slice(workdir.length)}` : path;
  const relative = posix.normalize(below).replace(/\/+$/, '');
  const escapes = relative.startsWith('/') || relative === '..' || relative.startsWith('../');
  if (path.includes('\0') || path.length > 4_096 || below.startsWith('/') || escapes)
    throw new CrosspointError('path_outside_workspace', { path: path.slice(0, 200) });
  return relative === '' ? '.' : relative;
}
