import { stat } from 'node:fs/promises';
import type { SandboxHealth } from '../sandbox.ts';
import type { SandboxFolders } from './folders.ts';
import { installCommand } from './install.ts';
import type { ProgramFolder } from './program-folder.ts';
import { findProgram, probeBubblewrap } from './programs.ts';
import type { Bubblewrap } from './programs.ts';
import { seccompFilter } from './seccomp/filter.ts';
import type { Architecture } from './seccomp/syscall-numbers.ts';

/** What this machine offers, found once. */
export interface Host {
  bubblewrap: Bubblewrap;
  program: ProgramFolder;
  seccomp: Buffer;
}

export type Unfit = Extract<SandboxHealth, { ok: false }>;

/** @param node path of the Node binary that runs the supervisor and is `node` inside */
export async function inspectHost(
  folders: SandboxFolders,
  { node = process.execPath, programs }: { node?: string; programs?: readonly string[] },
): Promise<Host | Unfit> {
  if (process.platform !== 'linux')
    return unfit(
      'The local sandbox needs Linux.',
      'On this system, set SANDBOX to e2b or daytona, or use WSL2.',
    );
  const architecture = process.arch;
  if (!isArchitecture(architecture))
    return unfit(`There is no system call filter for ${architecture}.`, 'Set SANDBOX to e2b or daytona.');
  const path = findProgram('bwrap', programs);
  if (!path) return unfit('bubblewrap is not installed.', `Install it: ${installCommand()}`);
  try {
    const bubblewrap = await probeBubblewrap(path);
    await stat(node);
    return { bubblewrap, program: await folders.prepareProgram(node), seccomp: seccompFilter(architecture) };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    return unfit(`The sandbox could not be prepared: ${message}.`, 'Mend that and try again.');
  }
}

export function unfit(reason: string, remedy: string): Unfit {
  return { ok: false, reason, remedy };
}

function isArchitecture(name: string): name is Architecture {
  return name === 'x64' || name === 'arm64';
}
