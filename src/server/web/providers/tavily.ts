import * as v from 'valibot';
import { askProvider, usualFailure, type Asked, type ProviderAnswer } from '../ask-provider.ts';
import type {
  PageAnswer,
  SearchAnswer,
  SearchDepth,
  SearchQuery,
  Spent,
  WebSearchProvider,
} from '../types.ts';
import { cleanLine } from '../clean-text.ts';
import { WebError } from '../web-error.ts';
import { optionalNumber, optionalText, readAnswer, resultOf, withoutNulls } from './results.ts';

/** https://docs.tavily.com/documentation/api-credits: the list price of a credit. Plans are cheaper, the free one costs nothing. */
const usdPerCredit = 0.008;
/** The same page. `advanced` search is two, everything else one; a page is a fifth of one. */
const creditsOf = (depth: SearchDepth | undefined) => (depth === 'advanced' ? 2 : 1);
const creditsPerPage = 0.2;

const searchDeadlineMs = 30_000;
const extractDeadlineMs = 60_000;

const usage = v.fallback(v.nullish(v.object({ credits: optionalNumber })), undefined);

/** `answer` and `images` are never asked for: one is written by a model, the other would be fetched by whoever shows it. */
const searchAnswer = v.object({
  results: v.array(
    v.object({
      url: v.string(),
      title: optionalText,
      content: optionalText,
      published_date: optionalText,
    }),
  ),
  request_id: optionalText,
  usage,
});

const extractAnswer = v.object({
  results: v.array(v.object({ url: v.string(), title: optionalText, raw_content: optionalText })),
  failed_results: v.fallback(v.nullish(v.array(v.object({ url: v.string(), error: optionalText }))), []),
  request_id: optionalText,
  usage,
});

export interface TavilyOptions {
  /** null: without a key, which Tavily allows for a few requests. Only where a person has said so. */
  key: string | null;
  baseUrl: string;
  deadlineScale: number;
}

/**
 * Tavily's REST API (https://docs.tavily.com/documentation/api-reference), search and extract. Its own client loses
 * status and `Retry-After`, cannot be aborted and follows redirects; in tests it is the oracle for what is sent.
 */
export function tavily({ key, baseUrl, deadlineScale }: TavilyOptions): WebSearchProvider {
  const asked = (deadlineMs: number): Asked => ({
    label: 'Tavily',
    key,
    keyVariable: 'TAVILY_API_KEY',
    urlVariable: 'TAVILY_BASE_URL',
    deadlineMs: deadlineMs * deadlineScale,
  });
  const post = (
    path: string,
    body: Record<string, unknown>,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<ProviderAnswer> =>
    askProvider(
      asked(deadlineMs),
      { url: `${baseUrl}/${path}`, method: 'POST', headers: headersFor(key), body },
      signal,
      (answer) => tavilyFailure(asked(deadlineMs), answer),
    );
  return {
    id: 'tavily',
    label: key === null ? 'Tavily (without a key)' : 'Tavily',
    key,
    async search(query, signal): Promise<SearchAnswer> {
      const { body } = await post('search', searchBody(query), searchDeadlineMs, signal);
      const answer = readAnswer(searchAnswer, 'Tavily', body);
      return {
        results: withoutNulls(
          answer.results.map(({ url, title, content, published_date }) =>
            resultOf(url, title, content, published_date),
          ),
        ),
        notes: [],
        requestId: answer.request_id ?? null,
        spent: spent(key, answer.usage?.credits, creditsOf(query.depth)),
      };
    },
    async extract(url, signal): Promise<PageAnswer> {
      const wanted = { urls: [url], format: 'markdown', extract_depth: 'basic', include_usage: true };
      const { body } = await post('extract', wanted, extractDeadlineMs, signal);
      const answer = readAnswer(extractAnswer, 'Tavily', body);
      const page = answer.results[0];
      if (!page?.raw_content) throw noPage(url, answer.failed_results?.[0]?.error);
      return {
        url,
        title: page.title?.trim() || url,
        text: page.raw_content,
        requestId: answer.request_id ?? null,
        spent: spent(key, answer.usage?.credits, creditsPerPage),
      };
    },
  };
}

function headersFor(key: string | null): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-client-source': 'crosspoint',
    ...(key === null ? { 'x-tavily-access-mode': 'keyless' } : { authorization: `Bearer ${key}` }),
  };
}

/** What is not given is not sent, so that Tavily's own defaults hold. */
function searchBody(query: SearchQuery): Record<string, unknown> {
  return {
    query: query.text,
    search_depth: query.depth,
    topic: query.topic,
    max_results: query.maxResults,
    include_domains: query.includeDomains,
    exclude_domains: query.excludeDomains,
    time_range: query.timeRange,
    start_date: query.startDate,
    end_date: query.endDate,
    include_usage: true,
  };
}

function spent(key: string | null, credits: number | null | undefined, counted: number): Spent {
  if (key === null) return { costUsd: 0, estimated: false };
  const isReported = typeof credits === 'number' && credits >= 0;
  return { costUsd: (isReported ? credits : counted) * usdPerCredit, estimated: !isReported };
}

/** The body of a refused request without a key (`@tavily/core`, `errors.ts`). */
const keylessLimit = v.object({
  error: v.object({ code: v.string(), message: optionalText, retry_after_seconds: optionalNumber }),
});

function tavilyFailure(asked: Asked, answer: ProviderAnswer): WebError | null {
  const limit = v.safeParse(keylessLimit, answer.body);
  if (asked.key === null && limit.success) {
    const { message, code, retry_after_seconds: seconds } = limit.output.error;
    return new WebError(
      'quota',
      `Tavily takes no more requests without a key at the moment (${message || code}). Go on without the web; a person can set TAVILY_API_KEY.`,
      { status: answer.status, ...(typeof seconds === 'number' ? { retryAfterMs: seconds * 1_000 } : {}) },
    );
  }
  // 432: the key's or the plan's limit, 433: the limit of pay-as-you-go (its API reference).
  return answer.status === 432 || answer.status === 433 ? usualFailure(asked, answer, 'quota') : null;
}

function noPage(url: string, reason: string | null | undefined): WebError {
  const why = reason ? ` (${cleanLine(reason, 200)})` : '';
  return new WebError('no_page', `Tavily could not read ${url}${why}. Try another source.`, { status: 200 });
}
