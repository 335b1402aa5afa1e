import type { GatewayAnswer, GatewayHealthAnswer, UsageAnswer } from '#protocol/answers.ts';
import type { CacheAnswer, GatewayConfig } from '#protocol/gateway-config.ts';
import type { ChangeKey, CreateKey } from '#protocol/key-commands.ts';
import type { KeyAnswer, KeysAnswer, NewKeyAnswer } from '#protocol/keys.ts';
import type { RequestsAnswer, RequestStory } from '#protocol/requests.ts';
import type { PerformanceAnswer, TimelineAnswer, UsageGrouping } from '#protocol/usage-reports.ts';

type Ask = <Body>(method: string, path: string, body?: unknown) => Promise<Body>;

/** What the pages about the gateway ask. Queries are those of `src/protocol/usage-reports.ts` and `requests.ts`. */
export class GatewayApi {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  usage = (groupBy: UsageGrouping, query = new URLSearchParams()) =>
    this.#ask<UsageAnswer>('GET', `/api/usage?${withMore(query, { groupBy })}`);
  timeline = (query: URLSearchParams) => this.#ask<TimelineAnswer>('GET', `/api/usage/timeline?${query}`);
  performance = (query: URLSearchParams) =>
    this.#ask<PerformanceAnswer>('GET', `/api/usage/performance?${query}`);
  requests = (query: URLSearchParams) => this.#ask<RequestsAnswer>('GET', `/api/requests?${query}`);
  request = (id: string) => this.#ask<RequestStory>('GET', `/api/requests/${encodeURIComponent(id)}`);

  keys = () => this.#ask<KeysAnswer>('GET', '/api/keys');
  createKey = (key: Partial<CreateKey> & { name: string }) =>
    this.#ask<NewKeyAnswer>('POST', '/api/keys', key);
  changeKey = (id: string, change: ChangeKey) => this.#ask<KeyAnswer>('PATCH', keyPath(id), change);
  revokeKey = (id: string) => this.#ask<KeyAnswer>('DELETE', keyPath(id));

  config = () => this.#ask<GatewayAnswer>('GET', '/api/gateway');
  changeConfig = (config: GatewayConfig) => this.#ask<GatewayAnswer>('PUT', '/api/gateway', config);
  health = () => this.#ask<GatewayHealthAnswer>('GET', '/api/gateway/health');
  cache = () => this.#ask<CacheAnswer>('GET', '/api/gateway/cache');
  clearCache = () => this.#ask<CacheAnswer>('DELETE', '/api/gateway/cache');
}

const keyPath = (id: string) => `/api/keys/${encodeURIComponent(id)}`;

const withMore = (query: URLSearchParams, more: Record<string, string>) =>
  new URLSearchParams([...query, ...Object.entries(more)]);
