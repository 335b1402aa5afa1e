/** A page that a text came from. Everything but the URL is the page's own word. */
export interface WebSource {
  url: string;
  title: string;
  /** As the search engine or the page says it. */
  publishedAt?: string;
}

/** Where the result of a call that looked something up on the web came from: kept with it, and shown. */
export interface WebProvenance {
  /** Who was asked: `tavily`, `searxng`, `brave`, `exa`; `direct` for a page that this server fetched itself. */
  provider: string;
  sources: WebSource[];
  /** The links of the part of a page that the model was shown. */
  links?: string[];
  /** In USD; null when the price is unknown: never 0 for unknown. */
  costUsd: number | null;
  /** It was kept from an earlier call: nobody was asked, and it cost nothing. */
  cached: boolean;
}
