import type { CodeIndexView } from '#protocol/code-index.ts';
import type { FilesApi } from '#ui/client/files-api.ts';

/** Milliseconds between looks. A look asks the server's memory only. */
const lookEvery = 1_500;

/** How far the index of a thread's code is, looked at while somebody sees the files. */
export class CodeIndex {
  /** null: not known yet, or the server was not reached: whoever asks it for the files says so. */
  view = $state.raw<CodeIndexView | null>(null);
  readonly #api: FilesApi;
  readonly #threadId: string;

  constructor(api: FilesApi, threadId: string) {
    this.#api = api;
    this.#threadId = threadId;
  }

  /** Returns how to stop. */
  follow(): () => void {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = async () => {
      if (document.visibilityState === 'visible')
        this.view = await this.#api.codeIndex(this.#threadId).catch(() => null);
      if (!isOver) timer = setTimeout(() => void again(), lookEvery);
    };
    void again();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }
}
