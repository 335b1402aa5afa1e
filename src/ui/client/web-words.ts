import type { WebProvenance, WebSource } from '#protocol/web.ts';
import { money } from './format.ts';

const labels: Record<string, string> = {
  tavily: 'Tavily',
  searxng: 'SearXNG',
  brave: 'Brave Search',
  exa: 'Exa',
  direct: 'Read by this server itself',
};

export function providerLabel(provider: string): string {
  return labels[provider] ?? provider;
}

export function webCost({ costUsd, cached }: Pick<WebProvenance, 'costUsd' | 'cached'>): string {
  if (cached) return 'kept from before, free';
  return costUsd === 0 ? 'free' : money(costUsd);
}

/** An address with more behind its question mark is shown and not linked: it could carry something with it (security, 2.5). */
const longestQuery = 64;

/** What is shown of a source. `href` is absent where an address is not linked. */
export function sourceParts({ url, publishedAt }: WebSource): { host: string; href?: string; day?: string } {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(publishedAt ?? '')?.[0] ?? publishedAt;
  const date = day ? { day } : {};
  if (!URL.canParse(url)) return { host: url, ...date };
  const { protocol, host, search } = new URL(url);
  const isLinked = /^https?:$/.test(protocol) && search.length <= longestQuery;
  return { host, ...(isLinked ? { href: url } : {}), ...date };
}
