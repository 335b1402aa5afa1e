import type { FilesAnswer, WorkspaceEntry } from '#protocol/answers.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';

/** What is known of a folder: what is in it, or why that is not known. */
export type Folder = { entries: WorkspaceEntry[] } | { failure: string };

/** The folders that are open, with what is in them; looking again keeps them open. */
export class FileTree {
  folders = $state.raw<Record<string, Folder>>({});
  readonly #load: (path: string) => Promise<FilesAnswer>;
  #looks = 0;

  /** @param load lists one folder; the workspace is the empty path */
  constructor(load: (path: string) => Promise<FilesAnswer>) {
    this.#load = load;
  }

  get root(): Folder | undefined {
    return this.folders[''];
  }

  /** Every open folder; one that is not there any more is closed. */
  async look(): Promise<void> {
    const look = (this.#looks += 1);
    const paths = [...new Set(['', ...Object.keys(this.folders)])];
    const found = await Promise.all(paths.map(async (path) => [path, await this.#folder(path)] as const));
    if (look !== this.#looks) return;
    // One that was opened or closed meanwhile stays so.
    const still = found.filter(
      ([path, folder]) => path === '' || (path in this.folders && 'entries' in folder),
    );
    const opened = Object.entries(this.folders).filter(([path]) => !paths.includes(path));
    this.folders = Object.fromEntries([...opened, ...still]);
  }

  async toggle(path: string): Promise<void> {
    if (path in this.folders) {
      this.folders = Object.fromEntries(Object.entries(this.folders).filter(([open]) => open !== path));
      return;
    }
    await this.open(path);
  }

  /** With the folders that it is in. */
  async open(path: string): Promise<void> {
    const parts = path.split('/');
    const missing = parts
      .map((_, index) => parts.slice(0, index + 1).join('/'))
      .filter((one) => !(one in this.folders));
    const found = await Promise.all(missing.map(async (one) => [one, await this.#folder(one)] as const));
    this.folders = { ...this.folders, ...Object.fromEntries(found) };
  }

  async #folder(path: string): Promise<Folder> {
    try {
      return { entries: (await this.#load(path)).entries.toSorted(byTypeAndName) };
    } catch (cause) {
      return { failure: asApiError(cause).message };
    }
  }
}

/** Folders first, both by name. */
function byTypeAndName(left: WorkspaceEntry, right: WorkspaceEntry): number {
  const rank = (type: string) => Number(type !== 'directory');
  return rank(left.type) - rank(right.type) || left.path.localeCompare(right.path);
}

export const nameOf = (path: string) => path.split('/').at(-1) ?? path;
export const folderOf = (path: string) => path.split('/').slice(0, -1).join('/');
