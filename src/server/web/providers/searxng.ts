import * as v from 'valibot';
import { askProvider, type Asked, type ProviderAnswer } from '../ask-provider.ts';
import type { SearchAnswer, SearchQuery, WebSearchProvider } from '../types.ts';
import { cleanLine } from '../clean-text.ts';
import { WebError } from '../web-error.ts';
import { withSites } from './domains.ts';
import { optionalText, readAnswer, resultOf, withoutNulls } from './results.ts';

const deadlineMs = 30_000;

const searchAnswer = v.object({
  results: v.array(
    v.object({ url: optionalText, title: optionalText, content: optionalText, publishedDate: optionalText }),
  ),
  unresponsive_engines: v.fallback(v.nullish(v.array(v.array(v.unknown()))), []),
});

/** A SearXNG of one's own (https://docs.searxng.org/dev/search_api.html). It has no key and no price. */
export function searxng({ url, deadlineScale }: { url: string; deadlineScale: number }): WebSearchProvider {
  const asked: Asked = {
    label: 'SearXNG',
    key: null,
    keyVariable: 'SEARXNG_URL',
    urlVariable: 'SEARXNG_URL',
    deadlineMs: deadlineMs * deadlineScale,
  };
  return {
    id: 'searxng',
    label: 'SearXNG',
    key: null,
    async search(query, signal): Promise<SearchAnswer> {
      const address = `${url}/search?${parametersOf(query)}`;
      const { body } = await askProvider(
        asked,
        { url: address, method: 'GET', headers: {} },
        signal,
        (answer) => searxngFailure(answer),
      );
      const answer = readAnswer(searchAnswer, 'SearXNG', body);
      const results = withoutNulls(
        answer.results.map((result) =>
          resultOf(result.url, result.title, result.content, result.publishedDate),
        ),
      );
      return {
        // It has no parameter for how many.
        results: results.slice(0, query.maxResults),
        notes: [...notesFor(query), ...silentEngines(answer.unresponsive_engines ?? [])],
        requestId: null,
        spent: { costUsd: 0, estimated: false },
      };
    },
  };
}

function parametersOf(query: SearchQuery): URLSearchParams {
  const parameters = new URLSearchParams({ q: withSites(query), format: 'json' });
  if (query.topic === 'news') parameters.set('categories', 'news');
  if (query.timeRange) parameters.set('time_range', query.timeRange);
  return parameters;
}

function notesFor({ startDate, endDate, topic, depth }: SearchQuery): string[] {
  return [
    ...(startDate || endDate
      ? ['SearXNG has no dates to search between: startDate and endDate were left out.']
      : []),
    ...(topic === 'finance' ? ['SearXNG has no topic "finance": it was left out.'] : []),
    ...(depth && depth !== 'basic' ? [`SearXNG has no depth: "${depth}" was left out.`] : []),
  ];
}

function silentEngines(engines: readonly unknown[][]): string[] {
  const names = engines.map(([name]) => cleanLine(String(name), 40)).slice(0, 10);
  return names.length ? [`These of its engines did not answer: ${names.join(', ')}.`] : [];
}

/** It refuses a format that is not enabled with 403, and too many requests, by its limiter, with 429. */
function searxngFailure(answer: ProviderAnswer): WebError | null {
  if (answer.status === 403)
    return new WebError(
      'bad_request',
      'SearXNG does not give its results as JSON (403). Go on without the web; a person has to add "json" to "formats" below "search" in its settings.yml.',
      { status: 403 },
    );
  return null;
}
