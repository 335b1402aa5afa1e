import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CrosspointError } from '#protocol/errors.ts';
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
  uid: number | null;
}

/** All that the local sandboxes keep on disk, in the data directory. Content of a workspace is never opened from here. */
export class SandboxFolders {
  readonly #root: string;
  readonly #asRoot: boolean;
  #nextUid: Promise<number> | null = null;

  constructor(dataDir: string, asRoot: boolean) {
    this.#root = join(dataDir, 'sandboxes');
    this.#asRoot = asRoot;
  }

  /** @param node path of the Node binary */
  async prepareProgram(node: string): Promise<ProgramFolder> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    return prepareProgram(join(this.#root, '..', 'sandbox-program'), node, this.#asRoot);
  }

  async exists(id: string): Promise<boolean> {
    return (await lstatOrNull(this.#folder(id, null).workspace)) !== null;
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

  /** Makes what is missing; files of an earlier time keep their owner, who then is the user of this sandbox. */
  async open(id: string): Promise<SandboxFolder> {
    const folder = this.#folder(id, null);
    for (const path of [folder.workspace, folder.home, folder.control, folder.temporary])
      await mkdir(path, { recursive: true, mode: 0o755 });
    // Whatever the umask of the app is: the pod's user goes through it to the socket.
    await chmod(folder.control, 0o755);
    await rm(join(folder.control, 'control'), { force: true });
    if (!this.#asRoot) return folder;
    const { uid: owner } = await lstat(folder.workspace);
    const uid = owner === 0 ? await this.#freeUid() : owner;
    // The workspace last: its owner says that the others are done.
    for (const path of [folder.temporary, folder.home, folder.workspace]) await chown(path, uid, uid);
    return { ...folder, uid };
  }

  /** Only when its pod has ended: nothing may change the tree under the removal. */
  async remove(id: string): Promise<void> {
    const { root } = this.#folder(id, null);
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

  #folder(id: string, uid: number | null): SandboxFolder {
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(id)) throw new CrosspointError('not_found', { what: 'sandbox' });
    const root = join(this.#root, id);
    const at = (name: string) => join(root, name);
    const paths = {
      workspace: at('workspace'),
      home: at('home'),
      control: at('control'),
      temporary: at('tmp'),
    };
    return { root, ...paths, uid };
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

async function lstatOrNull(path: string): Promise<{ uid: number } | null> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null;
    throw cause;
  }
}
