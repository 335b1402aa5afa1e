import * as v from 'valibot';
import { askProvider, type Asked } from '../ask-provider.ts';
import type { PageAnswer, SearchAnswer, SearchQuery, Spent, TimeRange, WebSearchProvider } from '../types.ts';
import { cleanLine } from '../clean-text.ts';
import { WebError } from '../web-error.ts';
import { optionalNumber, optionalText, readAnswer, resultOf, withoutNulls } from './results.ts';

const searchDeadlineMs = 30_000;
const contentsDeadlineMs = 60_000;
/** Characters: of the excerpts of one result, and of a page. */
const excerptCharacters = 2_000;
const pageCharacters = 500_000;

const costDollars = v.fallback(v.nullish(v.object({ total: optionalNumber })), undefined);
const searchAnswer = v.object({
  results: v.array(
    v.object({
      url: v.string(),
      title: optionalText,
      publishedDate: optionalText,
      highlights: v.fallback(v.nullish(v.array(v.string())), undefined),
    }),
  ),
  requestId: optionalText,
  costDollars,
});
const contentsAnswer = v.object({
  results: v.array(
    v.object({ url: v.string(), title: optionalText, publishedDate: optionalText, text: optionalText }),
  ),
  /** One failed page leaves the whole answer at 200: why it failed stands here. */
  statuses: v.fallback(
    v.nullish(v.array(v.object({ id: v.string(), error: v.nullish(v.object({ tag: optionalText })) }))),
    [],
  ),
  requestId: optionalText,
  costDollars,
});

/** Exa (https://exa.ai/docs/reference), search and contents. It reports what each request costs. */
export function exa(options: { key: string; baseUrl: string; deadlineScale: number }): WebSearchProvider {
  const { key, baseUrl, deadlineScale } = options;
  const asked = (deadlineMs: number): Asked => ({
    label: 'Exa',
    key,
    keyVariable: 'EXA_API_KEY',
    urlVariable: 'EXA_BASE_URL',
    deadlineMs: deadlineMs * deadlineScale,
  });
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  return {
    id: 'exa',
    label: 'Exa',
    key,
    async search(query, signal): Promise<SearchAnswer> {
      const request = { url: `${baseUrl}/search`, method: 'POST', headers, body: searchBody(query) } as const;
      const { body } = await askProvider(asked(searchDeadlineMs), request, signal);
      const answer = readAnswer(searchAnswer, 'Exa', body);
      return {
        results: withoutNulls(
          answer.results.map(({ url, title, highlights, publishedDate }) =>
            resultOf(url, title, highlights?.join('\n'), publishedDate),
          ),
        ),
        notes: query.topic === 'finance' ? ['Exa has no topic "finance": it was left out.'] : [],
        requestId: answer.requestId ?? null,
        spent: spent(answer.costDollars?.total),
      };
    },
    async extract(url, signal): Promise<PageAnswer> {
      const wanted = { urls: [url], text: { maxCharacters: pageCharacters } };
      const request = { url: `${baseUrl}/contents`, method: 'POST', headers, body: wanted } as const;
      const { body } = await askProvider(asked(contentsDeadlineMs), request, signal);
      const answer = readAnswer(contentsAnswer, 'Exa', body);
      const page = answer.results[0];
      if (!page?.text) throw noPage(url, answer.statuses?.find(({ error }) => error)?.error?.tag);
      return {
        url,
        title: page.title?.trim() || url,
        ...(page.publishedDate ? { publishedAt: page.publishedDate } : {}),
        text: page.text,
        requestId: answer.requestId ?? null,
        spent: spent(answer.costDollars?.total),
      };
    },
  };
}

const types = { basic: 'auto', advanced: 'deep', fast: 'fast', 'ultra-fast': 'instant' } as const;

function searchBody(query: SearchQuery): Record<string, unknown> {
  const { startDate, endDate, timeRange } = query;
  const from = startDate ? `${startDate}T00:00:00.000Z` : timeRange && since(timeRange);
  return {
    query: query.text,
    type: types[query.depth ?? 'basic'],
    numResults: query.maxResults,
    includeDomains: query.includeDomains,
    excludeDomains: query.excludeDomains,
    category: query.topic === 'news' ? 'news' : undefined,
    startPublishedDate: from,
    endPublishedDate: endDate && `${endDate}T23:59:59.999Z`,
    contents: { highlights: { maxCharacters: excerptCharacters } },
  };
}

const daysOf: Record<TimeRange, number> = { day: 1, week: 7, month: 31, year: 366 };

/** To the day, so that equal questions stay equal. */
function since(range: TimeRange): string {
  const day = new Date(Date.now() - daysOf[range] * 86_400_000).toISOString().slice(0, 10);
  return `${day}T00:00:00.000Z`;
}

function spent(total: number | null | undefined): Spent {
  return { costUsd: typeof total === 'number' && total >= 0 ? total : null, estimated: false };
}

function noPage(url: string, tag: string | null | undefined): WebError {
  const why = tag ? ` (${cleanLine(tag, 60)})` : '';
  return new WebError('no_page', `Exa could not read ${url}${why}. Try another source.`, { status: 200 });
}
