import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { Api } from '#ui/client/api.ts';
import { idOf } from '#ui/client/model-search.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';

type Preview = SwitchReceipt | { failure: string };

/** What a switch of one thread to each looked-at model would cost; asked once for each while a picker is open. */
export class SwitchPreviews {
  #known = $state.raw<Record<string, Preview>>({});
  readonly #asked = new Set<string>();
  readonly #api: Api;
  readonly #threadId: string;

  constructor(api: Api, threadId: string) {
    this.#api = api;
    this.#threadId = threadId;
  }

  of(id: string): Preview | undefined {
    return this.#known[id];
  }

  receiptOf(id: string): SwitchReceipt | null {
    const preview = this.#known[id];
    return preview && !('failure' in preview) ? preview : null;
  }

  async ask(config: ModelConfig): Promise<void> {
    const id = idOf(config);
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    const preview = await this.#api
      .previewSwitch(this.#threadId, config)
      .catch((cause: unknown) => ({ failure: asApiError(cause).message }));
    this.#known = { ...this.#known, [id]: preview };
  }
}
