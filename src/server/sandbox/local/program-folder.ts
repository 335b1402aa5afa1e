import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeConfiguration } from './system-root.ts';

/** What every pod sees of us, in a form that an unprivileged user can read. */
export interface ProgramFolder {
  etc: string;
  pod: string;
  node: string;
}

/**
 * Written at each start, so that an update of the app reaches the pods.
 * @param node path of the Node binary
 * @param asRoot the pods run as another user, who may not be able to read what is ours
 */
export async function prepareProgram(root: string, node: string, asRoot: boolean): Promise<ProgramFolder> {
  const program = { etc: join(root, 'etc'), pod: join(root, 'pod'), node };
  for (const path of [program.pod, program.etc]) await makeReadable(path);
  await writeConfiguration(program.etc);
  await writeSupervisor(program.pod);
  if (asRoot && !isForEverybody(await stat(node))) {
    program.node = join(root, 'node');
    await rm(program.node, { force: true });
    await copyFile(node, program.node);
    await chmod(program.node, 0o755);
  }
  return program;
}

/**
 * The supervisor without its types. Node would take them away in every pod, with a compiler of 18 MB, and in the app with
 * the same compiler, so a process of its own does it, once for each version of the files.
 */
async function writeSupervisor(folder: string): Promise<void> {
  const source = join(import.meta.dirname, 'pod');
  const eraser = join(import.meta.dirname, 'erase-types.ts');
  const stamp = join(folder, 'version');
  const names = (await readdir(source)).sort();
  const hash = createHash('sha256').update(process.version);
  for (const path of [eraser, ...names.map((name) => join(source, name))]) hash.update(await readFile(path));
  const version = hash.digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => null)) === version) return;
  // The module kind of the files beside it; there is no package.json of ours inside.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}\n');
  await chmod(join(folder, 'package.json'), 0o644);
  const line = ['--disable-warning=ExperimentalWarning', eraser, source, folder];
  await promisify(execFile)(process.execPath, line, { env: {}, timeout: 60_000 });
  await writeFile(stamp, version);
}

/** Whatever the umask of the app is. */
async function makeReadable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

function isForEverybody({ mode }: { mode: number }): boolean {
  return (mode & 0o005) === 0o005;
}
