import * as v from 'valibot';
import { htmlToText } from '../html/to-text.ts';
import { askProvider, usualFailure, type Asked, type ProviderAnswer } from '../ask-provider.ts';
import { maxQueryCharacters, type SearchAnswer, type SearchQuery, type WebSearchProvider } from '../types.ts';
import { WebError } from '../web-error.ts';
import { withSites } from './domains.ts';
import { optionalText, readAnswer, resultOf, withoutNulls } from './results.ts';

const deadlineMs = 30_000;
/** Its API reference: a query has at most 400 characters and 50 words. */
const maxWords = 50;

const result = v.object({
  url: optionalText,
  title: optionalText,
  description: optionalText,
  page_age: optionalText,
  extra_snippets: v.fallback(v.nullish(v.array(v.string())), undefined),
});
const results = v.nullish(v.array(result));
/** Of the web: below `web`, which is absent when there is nothing. Of news: at the top. */
const webAnswer = v.object({ web: v.nullish(v.object({ results })) });
const newsAnswer = v.object({ results });

/** Brave Search (https://api-dashboard.search.brave.com/app/documentation). What a request costs depends on the plan. */
export function brave(options: { key: string; baseUrl: string; deadlineScale: number }): WebSearchProvider {
  const { key, baseUrl, deadlineScale } = options;
  const asked: Asked = {
    label: 'Brave Search',
    key,
    keyVariable: 'BRAVE_API_KEY',
    urlVariable: 'BRAVE_BASE_URL',
    deadlineMs: deadlineMs * deadlineScale,
  };
  return {
    id: 'brave',
    label: 'Brave Search',
    key,
    async search(query, signal): Promise<SearchAnswer> {
      const isNews = query.topic === 'news';
      const url = `${baseUrl}/res/v1/${isNews ? 'news' : 'web'}/search?${parametersOf(query)}`;
      const headers = { 'x-subscription-token': key };
      const { body } = await askProvider(asked, { url, method: 'GET', headers }, signal, (answer) =>
        braveFailure(asked, answer),
      );
      const found = isNews
        ? readAnswer(newsAnswer, 'Brave Search', body).results
        : readAnswer(webAnswer, 'Brave Search', body).web?.results;
      return {
        results: withoutNulls(
          (found ?? []).map(({ url: address, title, description, page_age, extra_snippets }) =>
            resultOf(
              address,
              plain(title),
              plain([description, ...(extra_snippets ?? [])].filter(Boolean).join('<br>')),
              page_age,
            ),
          ),
        ),
        notes: notesFor(query),
        requestId: null,
        spent: { costUsd: null, estimated: false },
      };
    },
  };
}

/** Titles and texts come with entities, and with marks around the words that were searched. */
function plain(html: string | null | undefined): string {
  return htmlToText(html ?? '', 'https://search.brave.com/').text;
}

const freshness = { day: 'pd', week: 'pw', month: 'pm', year: 'py' } as const;

/** @throws {WebError} when the words, with the sites, are more than it takes */
function parametersOf(query: SearchQuery): URLSearchParams {
  const q = withSites(query);
  if (q.length > maxQueryCharacters || q.split(/\s+/).length > maxWords)
    throw new WebError(
      'bad_request',
      `Brave Search takes at most ${maxQueryCharacters} characters and ${maxWords} words, the domains included. Ask with fewer words.`,
    );
  const parameters = new URLSearchParams({ q, count: String(query.maxResults), text_decorations: 'false' });
  const { startDate, endDate, timeRange } = query;
  const today = () => new Date().toISOString().slice(0, 10);
  if (startDate || endDate)
    parameters.set('freshness', `${startDate ?? '1990-01-01'}to${endDate ?? today()}`);
  else if (timeRange) parameters.set('freshness', freshness[timeRange]);
  return parameters;
}

function notesFor({ topic, depth }: SearchQuery): string[] {
  return [
    ...(topic === 'finance' ? ['Brave Search has no topic "finance": it was left out.'] : []),
    ...(depth && depth !== 'basic' ? [`Brave Search has no depth: "${depth}" was left out.`] : []),
  ];
}

const errorBody = v.object({ error: v.object({ code: v.string() }) });

/**
 * A wrong key is a 422 with a code of its own, not a 401. Its limits are told in pairs, of a second and of a month: a
 * month that is used up is not a rate to wait for.
 */
function braveFailure(asked: Asked, answer: ProviderAnswer): WebError | null {
  const { headers, status } = answer;
  const body = v.safeParse(errorBody, answer.body);
  const code = body.success ? body.output.error.code : '';
  if (code === 'SUBSCRIPTION_TOKEN_INVALID') return usualFailure(asked, answer, 'auth');
  if (status !== 429) return null;
  const [, ofMonth] = pair(headers['x-ratelimit-remaining']);
  const [secondMs] = pair(headers['x-ratelimit-reset']).map((seconds) => seconds * 1_000);
  if (code === 'QUOTA_LIMITED' || ofMonth === 0) return usualFailure(asked, answer, 'quota');
  if (headers['retry-after'] !== undefined || secondMs === undefined) return null;
  return usualFailure(asked, { ...answer, headers: { ...headers, 'retry-after-ms': String(secondMs) } });
}

function pair(header: string | undefined): number[] {
  return (header ?? '')
    .split(',')
    .filter((part) => /^\s*\d+\s*$/.test(part))
    .map(Number);
}
