import { plural } from '#ui/client/format.ts';
import type { FilesApi } from '#ui/client/files-api.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';
import { folderOf, type FileTree } from './file-tree.svelte.ts';

/** A file of the person's own disk, and where it goes, below the folder that was chosen. */
export interface Upload {
  path: string;
  bytes: Blob;
}

/** What is asked before anything is sent. */
export interface ProposedUpload {
  folder: string;
  all: Upload[];
  /** Paths in the workspace that something is at already. */
  there: string[];
  /** An archive that could be unpacked. */
  archive: Upload | null;
}

/** As many requests at once; a browser has six connections. */
const atOnce = 3;

/** Files on their way into the workspace, one request each. */
export class Uploads {
  proposed = $state.raw<ProposedUpload | null>(null);
  failure = $state('');
  #sent = $state(0);
  #total = $state(0);
  #done = $state('');
  readonly #threadId: string;
  readonly #api: FilesApi;
  readonly #tree: FileTree;
  readonly words = $derived(
    this.#total > 0 ? `Uploading ${this.#sent} of ${plural(this.#total, 'file')}` : this.#done,
  );

  constructor(threadId: string, api: FilesApi, tree: FileTree) {
    this.#threadId = threadId;
    this.#api = api;
    this.#tree = tree;
  }

  /** Sends them, or asks first where something would be written over, or an archive could be unpacked. */
  async propose(folder: string, chosen: Upload[]): Promise<void> {
    this.failure = '';
    this.#done = '';
    if (chosen.length === 0) return;
    const all = chosen.map(({ path, bytes }) => ({ path: folder ? `${folder}/${path}` : path, bytes }));
    const there = await this.#alreadyThere(all.map(({ path }) => path));
    const archive = all.length === 1 && all[0]?.path.endsWith('.tar') ? all[0] : null;
    if (there.length > 0 || archive) this.proposed = { folder, all, there, archive };
    else await this.send(all);
  }

  async send(uploads: Upload[]): Promise<void> {
    this.proposed = null;
    const done = `Uploaded ${plural(uploads.length, 'file')}.`;
    await this.#work(uploads.length, done, async () => {
      const waiting = [...uploads];
      const next = async () => {
        for (let upload = waiting.shift(); upload; upload = waiting.shift()) {
          await this.#api.upload(this.#threadId, upload.path, upload.bytes);
          this.#sent += 1;
        }
      };
      await Promise.all(Array.from({ length: atOnce }, next));
    });
  }

  async unpack({ folder, archive }: ProposedUpload): Promise<void> {
    this.proposed = null;
    await this.#work(1, 'Unpacked the archive.', () =>
      archive ? this.#api.unpack(this.#threadId, folder || '.', archive.bytes) : Promise.resolve(null),
    );
  }

  async #work(count: number, done: string, work: () => Promise<unknown>): Promise<void> {
    this.#sent = 0;
    this.#done = '';
    this.#total = count;
    try {
      await work();
      this.#done = done;
    } catch (cause) {
      this.failure = `${asApiError(cause).message} ${this.#sent} of ${plural(count, 'file')} arrived.`;
    } finally {
      this.#total = 0;
      await this.#tree.look();
    }
  }

  /** A folder that cannot be listed is not there yet. */
  async #alreadyThere(paths: string[]): Promise<string[]> {
    const folders = [...new Set(paths.map(folderOf))];
    const listings = await Promise.all(
      folders.map((folder) => this.#api.list(this.#threadId, folder).catch(() => null)),
    );
    const there = new Set(listings.flatMap((listing) => listing?.entries.map(({ path }) => path) ?? []));
    return paths.filter((path) => there.has(path));
  }
}
