import type { SearchQuery } from '../types.ts';

/** The words with `site:` for each host, for engines that have no parameter for it but know the operator. */
export function withSites({ text, includeDomains = [], excludeDomains = [] }: SearchQuery): string {
  const wanted = includeDomains.map((domain) => `site:${domain}`).join(' OR ');
  const grouped = includeDomains.length > 1 ? `(${wanted})` : wanted;
  return [text, grouped, ...excludeDomains.map((domain) => `-site:${domain}`)].filter(Boolean).join(' ');
}
