import type { RequestSummary } from '#protocol/requests.ts';
import type { ApiError } from '#ui/client/api.ts';
import type { GatewayApi } from '#ui/client/gateway-api.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';

const pageSize = '25';

/** Requests of a query, newest first, one page after the other. */
export class RequestPages {
  rows = $state.raw<RequestSummary[]>([]);
  next = $state<string | null>(null);
  loading = $state(true);
  failure = $state.raw<ApiError | null>(null);
  #query = '';
  readonly #api: GatewayApi;

  constructor(api: GatewayApi) {
    this.#api = api;
  }

  /** From the newest on. */
  begin(query: string): Promise<void> {
    this.#query = query;
    return this.#load(null);
  }

  more = () => this.#load(this.next);

  async #load(after: string | null): Promise<void> {
    const query = this.#query;
    this.loading = true;
    const page = new URLSearchParams(query);
    page.set('limit', pageSize);
    if (after !== null) page.set('after', after);
    try {
      const { requests, next } = await this.#api.requests(page);
      // Another query was begun meanwhile.
      if (query !== this.#query) return;
      this.rows = after === null ? requests : [...this.rows, ...requests];
      this.next = next;
      this.failure = null;
    } catch (cause) {
      if (query === this.#query) this.failure = asApiError(cause);
    } finally {
      if (query === this.#query) this.loading = false;
    }
  }
}
