import * as v from 'valibot';
import { startHost, type Reply } from './host.ts';

export const exaKey = '8f0d6c1e-loop-back-only-key-12345678';

export interface ExaPage {
  url: string;
  title: string;
  publishedDate?: string;
  text: string;
}

const date = v.pipe(v.string(), v.isoTimestamp());
const text = v.union([v.boolean(), v.strictObject({ maxCharacters: v.optional(v.number()) })]);
const searchBody = v.strictObject({
  query: v.pipe(v.string(), v.minLength(1)),
  type: v.optional(v.picklist(['auto', 'fast', 'instant', 'deep', 'keyword', 'neural'])),
  numResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
  includeDomains: v.optional(v.array(v.string())),
  excludeDomains: v.optional(v.array(v.string())),
  category: v.optional(v.picklist(['news', 'company', 'research paper', 'github', 'pdf'])),
  startPublishedDate: v.optional(date),
  endPublishedDate: v.optional(date),
  contents: v.optional(
    v.strictObject({
      text: v.optional(text),
      highlights: v.optional(
        v.union([v.boolean(), v.strictObject({ maxCharacters: v.optional(v.number()) })]),
      ),
    }),
  ),
});
const contentsBody = v.strictObject({
  urls: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(100)),
  text: v.optional(text),
});

/** Exa, search and contents: a page that cannot be read is told in `statuses`, and the answer is 200 all the same. */
export function startExa(pages: ExaPage[] = []) {
  return startHost(({ method, path, headers, body }) => {
    if (headers['x-api-key'] !== exaKey) return refused(401, 'INVALID_API_KEY', 'Invalid API key');
    if (method !== 'POST') return refused(404, 'NOT_FOUND', 'Not found');
    if (path === '/contents') return contents(body, pages);
    if (path !== '/search') return refused(404, 'NOT_FOUND', 'Not found');
    const parsed = v.safeParse(searchBody, body);
    if (!parsed.success) return refused(400, 'INVALID_REQUEST_BODY', `At ${v.getDotPath(parsed.issues[0])}`);
    const results = pages.slice(0, parsed.output.numResults ?? 10);
    return {
      status: 200,
      body: {
        requestId: 'b5947044c4b78efa9552a7c89b306d95',
        resolvedSearchType: 'auto',
        results: results.map(({ text: whole, ...page }) => ({
          ...page,
          id: page.url,
          highlights: [whole.slice(0, 200)],
        })),
        costDollars: { total: 0.005, search: { neural: 0.005 } },
      },
    };
  });
}

function contents(body: unknown, pages: ExaPage[]): Reply {
  const parsed = v.safeParse(contentsBody, body);
  if (!parsed.success) return refused(400, 'INVALID_REQUEST_BODY', `At ${v.getDotPath(parsed.issues[0])}`);
  const found = parsed.output.urls.map((url) => ({ url, page: pages.find((page) => page.url === url) }));
  return {
    status: 200,
    body: {
      requestId: 'e492118ccdedcba5088bfc4357a8a125',
      results: found.flatMap(({ page }) => (page ? [{ ...page, id: page.url }] : [])),
      statuses: found.map(({ url, page }) =>
        page
          ? { id: url, status: 'success' }
          : { id: url, status: 'error', error: { tag: 'CRAWL_NOT_FOUND', httpStatusCode: 404 } },
      ),
      costDollars: { total: 0.001 },
    },
  };
}

export function refused(status: number, tag: string, error: string): Reply {
  return { status, body: { requestId: 'x', error, tag } };
}
