import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Fixed, so that nobody's PATH decides what runs here, least of all as root. */
export const systemPath = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/run/wrappers/bin',
  '/run/current-system/sw/bin',
];

export function findProgram(name: string, folders: readonly string[] = systemPath): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (['ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP'].includes(code)) return false;
    throw cause;
  }
}

export interface Bubblewrap {
  path: string;
  version: string;
  /** `--size`: a tmpfs with a limit (0.6.1 of Ubuntu 22.04 lacks it). */
  sizedTmpfs: boolean;
  /** `--disable-userns`: no further user namespaces inside (0.8). */
  disableUserns: boolean;
}

/** What the installed bubblewrap can do. @throws the error of the program when it cannot even print its help */
export async function probeBubblewrap(path: string): Promise<Bubblewrap> {
  const options = { env: { PATH: systemPath.join(':') }, timeout: 10_000 };
  const run = promisify(execFile);
  const [{ stdout: version }, { stdout: help, stderr }] = await Promise.all([
    run(path, ['--version'], options),
    run(path, ['--help'], options),
  ]);
  const text = `${help}${stderr}`;
  return {
    path,
    version: version.trim(),
    sizedTmpfs: text.includes('--size '),
    disableUserns: text.includes('--disable-userns'),
  };
}
