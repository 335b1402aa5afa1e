import type { UsageAnswer } from '#protocol/answers.ts';
import type { KeyView } from '#protocol/keys.ts';
import type { PerformanceAnswer, TimelineAnswer, UsageGrouping } from '#protocol/usage-reports.ts';
import type { ApiError } from '#ui/client/api.ts';
import type { GatewayApi } from '#ui/client/gateway-api.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';

/** What the page tells of one scope. The figures of before stay until the new ones are there. */
export class Reports {
  timeline = $state.raw<TimelineAnswer | null>(null);
  performance = $state.raw<PerformanceAnswer | null>(null);
  groups = $state.raw<UsageAnswer | null>(null);
  keys = $state.raw<KeyView[]>([]);
  failure = $state.raw<ApiError | null>(null);
  loading = $state(false);
  /** Counts what was loaded, for parts of the page that load on their own. */
  version = $state(0);
  #loads = 0;
  readonly #api: GatewayApi;

  constructor(api: GatewayApi) {
    this.#api = api;
  }

  async load(query: URLSearchParams, groupBy: UsageGrouping): Promise<void> {
    const load = (this.#loads += 1);
    this.loading = true;
    try {
      const [timeline, performance, groups, { keys }] = await Promise.all([
        this.#api.timeline(query),
        this.#api.performance(query),
        this.#api.usage(groupBy, query),
        this.#api.keys(),
      ]);
      // A newer question was asked: this answer is not about what is shown.
      if (load !== this.#loads) return;
      Object.assign(this, { timeline, performance, groups, keys, failure: null });
      this.version += 1;
    } catch (cause) {
      if (load === this.#loads) this.failure = asApiError(cause);
    } finally {
      if (load === this.#loads) this.loading = false;
    }
  }
}
