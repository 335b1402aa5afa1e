import { fullBucket, refresh, take, type Bucket } from '#server/gateway/limits/token-bucket.ts';
import type { WebSource } from '#protocol/web.ts';
import { cleanLine, cleanText } from './clean-text.ts';
import type { FetchPage } from './direct/fetch-page.ts';
import { withoutHidden } from './html/without-hidden.ts';
import { KeptAnswers } from './kept-answers.ts';
import { assertPublicName } from './public-name.ts';
import { assertNoSecret } from './secret-guard.ts';
import type { SearchAnswer, SearchQuery, WebSearchProvider } from './types.ts';
import { WebError } from './web-error.ts';
import { WebLedger, type WebCall, type WebLedgerStore } from './web-ledger.ts';

/** The same question within this time is answered from memory. */
const keptMs = 15 * 60_000;
/** Characters of all kept texts together. */
const keptCharacters = 16_000_000;
const resultCharacters = 3_000;
const pageCharacters = 500_000;
/** Requests of one person: what a model in a loop may ask. */
const rate = { quota: 30, windowMs: 60_000, text: 'web' };

export interface WebParts {
  provider: WebSearchProvider;
  /** For providers that read no pages. */
  fetchPage: FetchPage;
  ledger: WebLedgerStore;
  /** All that this process knows; none of them may leave in a query or an address. */
  secrets: () => readonly (string | null)[];
  /** Milliseconds that never jump. */
  now?: () => number;
}

/** Cleaned: what a model may read and a person may see. Still nobody's word but the page's. */
export interface FoundPage extends WebSource {
  text: string;
}

interface Provenance {
  /** As people call it. */
  label: string;
  provider: string;
  /** 0 for what was kept; null when the price is unknown. */
  costUsd: number | null;
  cached: boolean;
}

export interface Found extends Provenance {
  results: FoundPage[];
  notes: string[];
}

export interface ReadPage extends Provenance {
  page: FoundPage;
}

/** The web, as the agent's tools ask it: one search engine, its answers cleaned, kept for a while, counted and limited. */
export class Web {
  readonly label: string;
  readonly #parts: WebParts;
  readonly #ledger: WebLedger;
  readonly #now: () => number;
  readonly #searches: KeptAnswers<SearchAnswer>;
  readonly #pages: KeptAnswers<{ page: FoundPage; costUsd: number | null }>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(parts: WebParts) {
    const now = parts.now ?? (() => performance.now());
    this.label = parts.provider.label;
    this.#parts = parts;
    this.#ledger = new WebLedger(parts.ledger, parts.provider.id);
    this.#now = now;
    this.#searches = new KeptAnswers({ ttlMs: keptMs, maxWeight: keptCharacters, now });
    this.#pages = new KeptAnswers({ ttlMs: keptMs, maxWeight: keptCharacters, now });
  }

  /** @throws {WebError}, or the signal's reason */
  async search(query: SearchQuery, call: WebCall): Promise<Found> {
    const { provider } = this.#parts;
    const asked = { ...query, text: cleanLine(query.text, query.text.length) };
    assertNoSecret(Object.values(asked).flat().join(' '), this.#parts.secrets());
    const service = asked.depth && asked.depth !== 'basic' ? `search-${asked.depth}` : 'search';
    const key = JSON.stringify([call.userId, asked]);
    const kept = this.#searches.get(key);
    if (kept) await this.#ledger.hit(service, call, kept.spent.costUsd);
    const answer = kept ?? (await this.#ask(service, call, () => provider.search(asked, call.signal)));
    const clean = kept ?? {
      ...answer,
      results: answer.results.map((result) => cleanPage(result, resultCharacters)),
    };
    if (!kept) this.#searches.keep(key, clean, JSON.stringify(clean).length);
    return {
      ...this.#from(provider.id, clean.spent.costUsd, kept !== null),
      results: clean.results,
      notes: clean.notes,
    };
  }

  /** @param url as `webUrl` gives it @throws {WebError}, or the signal's reason */
  async read(url: string, call: WebCall): Promise<ReadPage> {
    const { provider, fetchPage } = this.#parts;
    assertPublicName(url);
    assertNoSecret(url, this.#parts.secrets());
    const { extract } = provider;
    const from = extract ? provider.id : 'direct';
    const key = JSON.stringify([call.userId, url]);
    const kept = this.#pages.get(key);
    if (kept) {
      if (extract) await this.#ledger.hit('extract', call, kept.costUsd);
      return { ...this.#from(from, kept.costUsd, true), page: kept.page };
    }
    const answer = extract
      ? await this.#ask('extract', call, () => extract(url, call.signal))
      : await this.#limited(call, () => fetchPage(url, call.signal));
    const page = cleanPage(answer, pageCharacters);
    this.#pages.keep(key, { page, costUsd: answer.spent.costUsd }, page.text.length);
    return { ...this.#from(from, answer.spent.costUsd, false), page };
  }

  #ask<Answer extends Pick<SearchAnswer, 'spent'>>(
    service: string,
    call: WebCall,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    return this.#limited(call, () => this.#ledger.record(service, call, ask));
  }

  #limited<Answer>({ userId }: WebCall, ask: () => Promise<Answer>): Promise<Answer> {
    const now = Math.floor(this.#now());
    const bucket = this.#buckets.get(userId) ?? fullBucket(rate, now);
    this.#buckets.set(userId, bucket);
    refresh(bucket, rate, now);
    const { allowed, afterMs } = take(bucket, { amount: 1, atLeast: 1 });
    if (allowed) return ask();
    const seconds = Math.ceil(afterMs / 1_000);
    const sentence = `The web is asked at most ${rate.quota} times a minute. Use what you found, or wait ${seconds} s.`;
    return Promise.reject(new WebError('rate', sentence, { retryAfterMs: afterMs }));
  }

  #from(provider: string, costUsd: number | null, cached: boolean): Provenance {
    const label = provider === 'direct' ? 'this server' : this.label;
    return { label, provider, costUsd: cached ? 0 : costUsd, cached };
  }
}

function cleanPage(page: FoundPage, limit: number): FoundPage {
  const text = cleanText(withoutHidden(page.text.slice(0, limit * 2)));
  return {
    url: page.url,
    title: cleanLine(withoutHidden(page.title), 200),
    ...(page.publishedAt ? { publishedAt: cleanLine(page.publishedAt, 40) } : {}),
    text: text.length > limit ? `${text.slice(0, limit).toWellFormed()}…` : text,
  };
}
