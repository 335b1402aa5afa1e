import { startHost, type Asked, type Reply } from './host.ts';

export const braveKey = 'BSAloopbackOnlyKey1234567890ab';

export interface BraveResult {
  url: string;
  title: string;
  description: string;
  page_age?: string;
}

const parameters = new Set([
  ...[
    'q',
    'country',
    'search_lang',
    'ui_lang',
    'count',
    'offset',
    'safesearch',
    'freshness',
    'text_decorations',
  ],
  ...['spellcheck', 'result_filter', 'goggles', 'units', 'extra_snippets', 'summary'],
]);

/** Brave Search: a wrong key is a 422 with a code of its own, looked at before anything else. */
export function startBrave(results: BraveResult[] = []) {
  return startHost((asked) => {
    const { path, headers, method } = asked;
    const isNews = path === '/res/v1/news/search';
    if (method !== 'GET' || (path !== '/res/v1/web/search' && !isNews)) return { status: 404, body: {} };
    const token = headers['x-subscription-token'];
    if (token === undefined) return refused('VALIDATION', 'Field required: x-subscription-token');
    if (token !== braveKey)
      return refused('SUBSCRIPTION_TOKEN_INVALID', 'The provided subscription token is invalid.');
    const problem = problemOf(asked, isNews ? 50 : 20);
    if (problem) return refused('VALIDATION', problem);
    const count = Number(asked.query.get('count') ?? 20);
    const found = results.slice(0, count);
    const body = isNews
      ? { type: 'news', query: {}, results: found }
      : { type: 'search', query: {}, web: { type: 'search', results: found } };
    return { status: 200, headers: { 'x-ratelimit-remaining': '0, 14999' }, body };
  });
}

function problemOf({ query }: Asked, most: number): string | null {
  const q = query.get('q') ?? '';
  const strange = [...query.keys()].find((name) => !parameters.has(name));
  if (strange !== undefined) return `Unknown parameter: ${strange}`;
  if (q === '' || q.length > 400 || q.split(/\s+/).length > 50) return 'q: 1 to 400 characters and 50 words';
  const count = Number(query.get('count') ?? 20);
  if (!(count >= 1 && count <= most)) return `count: at most ${most}`;
  const freshness = query.get('freshness') ?? 'pd';
  return /^(?:p[dwmy]|\d{4}-\d{2}-\d{2}to\d{4}-\d{2}-\d{2})$/.test(freshness) ? null : 'freshness';
}

export function refused(code: string, detail: string, status = 422): Reply {
  return {
    status,
    body: { type: 'ErrorResponse', error: { id: 'x', code, detail, status, meta: {} }, time: 1 },
  };
}
