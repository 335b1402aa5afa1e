import { startHost } from './host.ts';

export interface SearxngResult {
  url: string;
  title: string;
  content: string;
  publishedDate?: string | null;
}

/** SearXNG, whose formats are enabled one by one in its settings (https://docs.searxng.org/dev/search_api.html). */
export function startSearxng(
  options: { formats?: string[]; results?: SearxngResult[]; silent?: string[] } = {},
) {
  const { formats = ['html', 'json'], results = [], silent = [] } = options;
  return startHost(({ path, query }) => {
    if (path !== '/search' && path !== '/') return { status: 404, body: 'Not Found' };
    const format = query.get('format') ?? 'html';
    if (!formats.includes(format))
      return { status: 403, headers: { 'content-type': 'text/html' }, body: '<h1>Forbidden</h1>' };
    if (!query.get('q')) return { status: 400, body: { error: 'No query' } };
    const range = query.get('time_range');
    if (range !== null && !['day', 'week', 'month', 'year'].includes(range))
      return { status: 400, body: { error: 'Invalid time_range' } };
    return {
      status: 200,
      body: {
        query: query.get('q'),
        number_of_results: results.length,
        results: results.map((result) => ({ ...result, engine: 'mojeek', score: 1, category: 'general' })),
        answers: [],
        corrections: [],
        infoboxes: [],
        suggestions: [],
        unresponsive_engines: silent.map((name) => [name, 'timeout']),
      },
    };
  });
}
