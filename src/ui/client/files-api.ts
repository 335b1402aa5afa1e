import type { FileContentAnswer, FilesAnswer } from '#protocol/answers.ts';
import type { CodeIndexView } from '#protocol/code-index.ts';

type Ask = <Body>(method: string, path: string, body?: unknown) => Promise<Body>;

/** Files of the workspace of a thread. Paths are relative to it. */
export class FilesApi {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** One folder, not its subfolders. */
  list = (threadId: string, path: string) => this.#ask<FilesAnswer>('GET', address(threadId, '', path));
  read = (threadId: string, path: string) =>
    this.#ask<FileContentAnswer>('GET', address(threadId, '/content', path));
  /** `hash`: what the person had seen, null for nothing. Throws `file_changed` when something else is there. */
  save = (threadId: string, file: { path: string; content: string; hash: string | null }) =>
    this.#ask<FileContentAnswer>('PUT', `${filesPath(threadId)}/content`, file);
  /** A folder goes with everything in it. */
  remove = (threadId: string, path: string) =>
    this.#ask<Record<string, never>>('DELETE', address(threadId, '', path));
  /** Replaces what is there. */
  upload = (threadId: string, path: string, bytes: Blob) =>
    this.#ask<{ path: string; size: number }>('POST', address(threadId, '/upload', path), bytes);
  /** Unpacks an archive into the folder. */
  unpack = (threadId: string, folder: string, tar: Blob) =>
    this.#ask<{ path: string }>('POST', `${address(threadId, '/upload', folder)}&unpack=tar`, tar);
  /** Starts nothing. */
  codeIndex = (threadId: string) =>
    this.#ask<CodeIndexView>('GET', `/api/threads/${encodeURIComponent(threadId)}/index`);
  /** A file as it is, a folder as an archive; the whole workspace for an empty path. */
  downloadAddress = (threadId: string, path: string) => address(threadId, '/download', path);
}

const filesPath = (threadId: string) => `/api/threads/${encodeURIComponent(threadId)}/files`;
const address = (threadId: string, what: string, path: string) =>
  `${filesPath(threadId)}${what}?path=${encodeURIComponent(path)}`;
