import type { FileDrafts } from '#ui/client/file-drafts.svelte.ts';
import type { FilesApi } from '#ui/client/files-api.ts';
import { FileTree } from './file-tree.svelte.ts';
import { Uploads } from './uploads.svelte.ts';

/** What is shown of the files of one thread, whichever tab is open and however wide the window is meanwhile. */
export class FilesView {
  readonly threadId: string;
  readonly api: FilesApi;
  readonly drafts: FileDrafts;
  readonly tree: FileTree;
  readonly uploads: Uploads;
  /** The file that is open; null: the list. */
  path = $state<string | null>(null);

  constructor(threadId: string, api: FilesApi, drafts: FileDrafts) {
    this.threadId = threadId;
    this.api = api;
    this.drafts = drafts;
    this.tree = new FileTree((path) => api.list(threadId, path));
    this.uploads = new Uploads(threadId, api, this.tree);
  }
}
