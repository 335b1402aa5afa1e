import type { WebSource } from '#protocol/web.ts';

export type SearchDepth = 'basic' | 'advanced' | 'fast' | 'ultra-fast';
export type SearchTopic = 'general' | 'news' | 'finance';
export type TimeRange = 'day' | 'week' | 'month' | 'year';

export interface SearchQuery {
  /** At most `maxQueryCharacters`. */
  text: string;
  /** From 1 to 20. */
  maxResults: number;
  depth?: SearchDepth | undefined;
  topic?: SearchTopic | undefined;
  /** Hosts, with everything below them. */
  includeDomains?: string[] | undefined;
  excludeDomains?: string[] | undefined;
  timeRange?: TimeRange | undefined;
  /** `YYYY-MM-DD` */
  startDate?: string | undefined;
  endDate?: string | undefined;
}

/** The lowest limit of the providers here (Tavily, Brave). */
export const maxQueryCharacters = 400;
export const maxResultCount = 20;

/** As the provider sent it: not cleaned, not to be trusted. */
export interface SearchResult extends WebSource {
  text: string;
}

/** What a request used. */
export interface Spent {
  /** In USD, by the provider's own report or its list price; null when the price is unknown. */
  costUsd: number | null;
  /** Counted by us: the provider did not say what it used. */
  estimated: boolean;
}

export interface SearchAnswer {
  results: SearchResult[];
  /** What was asked for and could not be given, a sentence each: no option is dropped silently. */
  notes: string[];
  /** For the provider's support. */
  requestId: string | null;
  spent: Spent;
}

/** The text of one page, as it was sent: not cleaned, not to be trusted. */
export interface PageAnswer extends WebSource {
  /** Markdown or plain text; links as `[text](url)`. */
  text: string;
  requestId: string | null;
  spent: Spent;
}

export type ProviderId = 'tavily' | 'searxng' | 'brave' | 'exa';

/** One search engine. A failure is a `WebError`; an abort of the signal rejects with its reason. */
export interface WebSearchProvider {
  id: ProviderId;
  /** For people. */
  label: string;
  /** Its own key, so that no word of it gets into a sentence. */
  key: string | null;
  search: (query: SearchQuery, signal: AbortSignal) => Promise<SearchAnswer>;
  /** Reads a page for us. Without it, this server fetches the page itself. */
  extract?: (url: string, signal: AbortSignal) => Promise<PageAnswer>;
}
