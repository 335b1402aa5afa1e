import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CrosspointError } from '#protocol/errors.ts';
import { boundFolder } from './bound-folder.ts';
import type { BoundFolder } from './bound-folder.ts';
import { prepareProgram } from './program-folder.ts';
import type { ProgramFolder } from './program-folder.ts';

/** Users that no system gives to anybody (systemd's table of ids: "unused"), so that no sandbox is another's owner. */
const firstUid = 60_578;
const uids = 606;

/** Where one sandbox is on the host. Only `workspace` and `home` belong to the sandbox. */
export interface SandboxFolder {
  root: string;
  workspace: string;
  home: string;
  control: string;
  /** For a bubblewrap without `--size`. */
  temporary: string;
  /** The unprivileged user that the pod runs as; null when the app itself is unprivileged. */
  user: { uid: number; gid: number } | null;
  /** The workspace is this folder of the machine; null: it is one of ours. */
  bound: BoundFolder | null;
}

/** The folder that is the workspace of a sandbox; null: one of ours. */
export type Bind = (sandboxId: string) => string | null | Promise<string | null>;

/** All that the local sandboxes keep on disk, in the data directory. Content of a workspace is never opened from here. */
export class SandboxFolders {
  readonly #dataDir: string;
  readonly #root: string;
  readonly #asRoot: boolean;
  readonly #bind: Bind;
  #nextUid: Promise<number> | null = null;

  constructor(dataDir: string, asRoot: boolean, bind: Bind) {
    this.#dataDir = dataDir;
    this.#root = join(dataDir, 'sandboxes');
    this.#asRoot = asRoot;
    this.#bind = bind;
  }

  /** @param node path of the Node binary */
  async prepareProgram(node: string): Promise<ProgramFolder> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    return prepareProgram(join(this.#root, '..', 'sandbox-program'), node, this.#asRoot);
  }

  /** `unreachable`: its workspace is a folder of the machine that cannot be used now, which proves nothing. */
  async exists(id: string): Promise<'stopped' | 'gone' | 'unreachable'> {
    const { home, workspace } = this.#folder(id);
    const bound = await this.#bind(id);
    if (!(await lstatOrNull(bound === null ? workspace : home))) return 'gone';
    if (bound === null) return 'stopped';
    return boundFolder(bound, this.#dataDir, this.#asRoot).then(
      () => 'stopped',
      () => 'unreachable',
    );
  }

  /** Those that have a workspace; a folder's time is that of the last start of its pod. */
  async list(): Promise<{ id: string; lastUsedAt: string }[]> {
    const names = await readdir(this.#root).catch(() => []);
    const found = names.map(async (id) => {
      const status = await lstat(join(this.#root, id, 'control')).catch(() => null);
      return status ? [{ id, lastUsedAt: status.mtime.toISOString() }] : [];
    });
    return (await Promise.all(found)).flat();
  }

  /**
   * Makes what is missing; files of an earlier time keep their owner, who then is the user of this sandbox.
   * @throws {CrosspointError} `sandbox_unavailable` for a folder of the machine that cannot be the workspace
   */
  async open(id: string): Promise<SandboxFolder> {
    const ours = this.#folder(id);
    const path = await this.#bind(id);
    const bound = path === null ? null : await boundFolder(path, this.#dataDir, this.#asRoot);
    const folder = bound ? { ...ours, workspace: bound.path } : ours;
    const made = [ours.home, ours.control, ours.temporary, ...(bound ? [] : [ours.workspace])];
    for (const each of made) await mkdir(each, { recursive: true, mode: 0o755 });
    // Whatever the umask of the app is: the pod's user goes through it to the socket.
    await chmod(folder.control, 0o755);
    await rm(join(folder.control, 'control'), { force: true });
    if (!this.#asRoot) return { ...folder, bound, user: null };
    const user = bound ?? (await this.#userOf(ours.workspace));
    await give(ours.home, user);
    // The workspace last: its owner says that the others are done.
    for (const each of [ours.temporary, ...(bound ? [] : [ours.workspace])])
      await chown(each, user.uid, user.gid);
    return { ...folder, bound, user };
  }

  /** Only when its pod has ended: nothing may change the tree under the removal. */
  async remove(id: string): Promise<void> {
    const { root } = this.#folder(id);
    try {
      await rm(root, { recursive: true, force: true });
    } catch (cause) {
      if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((cause as NodeJS.ErrnoException).code ?? ''))
        throw cause;
      // A folder that its own commands closed. chmod does not follow links on its way down.
      await promisify(execFile)('chmod', ['-R', 'u+rwX', '--', root]);
      await rm(root, { recursive: true, force: true });
    }
  }

  #folder(id: string): Omit<SandboxFolder, 'user' | 'bound'> {
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(id)) throw new CrosspointError('not_found', { what: 'sandbox' });
    const root = join(this.#root, id);
    const at = (name: string) => join(root, name);
    return {
      root,
      ...{ workspace: at('workspace'), home: at('home'), control: at('control'), temporary: at('tmp') },
    };
  }

  async #userOf(workspace: string): Promise<{ uid: number; gid: number }> {
    const { uid: owner } = await lstat(workspace);
    const uid = owner === 0 ? await this.#freeUid() : owner;
    return { uid, gid: uid };
  }

  /** Each sandbox another user, as far as there are enough: a limit that counts by user then never counts a neighbour. */
  async #freeUid(): Promise<number> {
    const next = (this.#nextUid ?? this.#lastUid()).then((last) => firstUid + ((last + 1 - firstUid) % uids));
    this.#nextUid = next;
    return next;
  }

  async #lastUid(): Promise<number> {
    let last = firstUid - 1;
    for (const name of await readdir(this.#root)) {
      const status = await lstatOrNull(join(this.#root, name, 'workspace'));
      if (status && status.uid >= firstUid && status.uid < firstUid + uids) last = Math.max(last, status.uid);
    }
    return last;
  }
}

/** With what is in it, where it was another's: the folder that is the workspace may have got another owner. */
async function give(home: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const { uid: owner } = await lstat(home);
  if (owner === uid) return;
  // No pod runs that could change the tree meanwhile; links are given, not followed.
  if (owner !== 0) await promisify(execFile)('chown', ['-R', '-h', '-P', '--', `${uid}:${gid}`, home]);
  await chown(home, uid, gid);
}

async function lstatOrNull(path: string): Promise<{ uid: number } | null> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null;
    throw cause;
  }
}
