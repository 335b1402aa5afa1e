import * as v from 'valibot';
import { startHost, type Asked, type Reply } from './host.ts';

export const tavilyKey = 'tvly-dev-Loopback0nlyKey1234567890';

export interface TavilyPage {
  url: string;
  title: string;
  content: string;
  published_date?: string;
}

/** What a page that is extracted says; without one it cannot be read. */
export type RawContent = (url: string) => string | undefined;

const day = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/));
const text = v.string();

/** The parameters of https://docs.tavily.com/documentation/api-reference/endpoint/search and of the client 0.7.13. */
const searchBody = v.strictObject({
  query: v.pipe(text, v.minLength(1), v.maxLength(400)),
  search_depth: v.optional(v.picklist(['basic', 'advanced', 'fast', 'ultra-fast'])),
  topic: v.optional(v.picklist(['general', 'news', 'finance'])),
  max_results: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))),
  include_domains: v.optional(v.pipe(v.array(text), v.maxLength(300))),
  exclude_domains: v.optional(v.pipe(v.array(text), v.maxLength(150))),
  time_range: v.optional(v.picklist(['day', 'week', 'month', 'year', 'd', 'w', 'm', 'y'])),
  start_date: v.optional(day),
  end_date: v.optional(day),
  include_answer: v.optional(v.union([v.boolean(), v.picklist(['basic', 'advanced'])])),
  include_images: v.optional(v.boolean()),
  include_usage: v.optional(v.boolean()),
});
const extractBody = v.strictObject({
  urls: v.union([text, v.pipe(v.array(text), v.minLength(1), v.maxLength(20))]),
  extract_depth: v.optional(v.picklist(['basic', 'advanced'])),
  format: v.optional(v.picklist(['markdown', 'text'])),
  include_images: v.optional(v.boolean()),
  include_usage: v.optional(v.boolean()),
  timeout: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(60))),
});

/** Tavily as its reference describes it: refuses keys, parameters and limits that it refuses. */
export async function startTavily(options: { pages?: readonly TavilyPage[]; raw?: RawContent } = {}) {
  const state = { pages: options.pages ?? [], raw: options.raw ?? (() => undefined) };
  const host = await startHost((asked) => respond(asked, state));
  return Object.assign(host, { state });
}

export type Tavily = Awaited<ReturnType<typeof startTavily>>;

function respond(asked: Asked, state: { pages: readonly TavilyPage[]; raw: RawContent }): Reply {
  const { headers, method, path, body } = asked;
  if (method === 'GET' && path === '/usage')
    return isAllowed(headers) ? { status: 200, body: { key: { usage: 1, limit: 1_000 } } } : unauthorized;
  if (method !== 'POST') return { status: 405, body: { detail: { error: 'Method Not Allowed' } } };
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return refused(422, 'JSON is needed.');
  const isKeyless = headers['x-tavily-access-mode'] === 'keyless' && headers.authorization === undefined;
  if (!isKeyless && !isAllowed(headers)) return unauthorized;
  if (path === '/search') return search(body, state.pages);
  return path === '/extract' ? extract(body, state.raw) : refused(404, 'Not Found');
}

const isAllowed = (headers: Asked['headers']) => headers.authorization === `Bearer ${tavilyKey}`;
const refused = (status: number, error: string): Reply => ({ status, body: { detail: { error } } });
const unauthorized = refused(401, 'Unauthorized: missing or invalid API key.');

function search(body: unknown, pages: readonly TavilyPage[]): Reply {
  const parsed = v.safeParse(searchBody, body);
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]);
    return refused(
      400,
      where === 'query'
        ? 'Query is too long. Max query length is 400 characters.'
        : `Invalid parameter: ${where}`,
    );
  }
  const { query, search_depth: depth, max_results: count = 5, include_usage: usage } = parsed.output;
  const results = pages
    .slice(0, count)
    .map((page, index) => ({ ...page, score: 1 - index / 100, raw_content: null }));
  return {
    status: 200,
    body: {
      query,
      follow_up_questions: null,
      answer: 'The best answer. Written by a model.',
      images: [],
      results,
      response_time: 0.42,
      request_id: '123e4567-e89b-12d3-a456-426614174111',
      ...(usage ? { usage: { credits: depth === 'advanced' ? 2 : 1 } } : {}),
    },
  };
}

function extract(body: unknown, raw: RawContent): Reply {
  const parsed = v.safeParse(extractBody, body);
  if (!parsed.success) return refused(400, `Invalid parameter: ${v.getDotPath(parsed.issues[0])}`);
  const urls = [parsed.output.urls].flat();
  const read = urls.map((url) => ({ url, title: `Title of ${url}`, raw_content: raw(url), images: [] }));
  const results = read.filter((page) => page.raw_content !== undefined);
  return {
    status: 200,
    body: {
      results,
      failed_results: read
        .filter((page) => page.raw_content === undefined)
        .map(({ url }) => ({ url, error: 'Failed to fetch url' })),
      response_time: 0.02,
      request_id: '123e4567-e89b-12d3-a456-426614174112',
      ...(parsed.output.include_usage ? { usage: { credits: results.length ? 1 : 0 } } : {}),
    },
  };
}
