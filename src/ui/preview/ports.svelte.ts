import type { ListeningPort } from '#protocol/workspace.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';
import type { WorkspaceApi } from '#ui/client/workspace-api.ts';

/** Milliseconds between looks. A look runs a command in the sandbox. */
const lookEvery = 3_000;

/** What listens in the sandbox of a thread, looked at while somebody sees the page. */
export class Ports {
  /** null: not known yet. */
  all = $state.raw<ListeningPort[] | null>(null);
  failure = $state('');
  readonly #api: WorkspaceApi;
  readonly #threadId: string;

  constructor(api: WorkspaceApi, threadId: string) {
    this.#api = api;
    this.#threadId = threadId;
  }

  look = async (): Promise<void> => {
    try {
      this.all = (await this.#api.ports(this.#threadId)).ports;
      this.failure = '';
    } catch (cause) {
      this.failure = asApiError(cause).message;
    }
  };

  /** Returns how to stop. */
  follow(): () => void {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = async () => {
      if (document.visibilityState === 'visible') await this.look();
      if (!isOver) timer = setTimeout(() => void again(), lookEvery);
    };
    void again();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }
}
