import * as v from 'valibot';
import { markedData } from '#server/web/marked-data.ts';
import { maxQueryCharacters, maxResultCount, type SearchQuery } from '#server/web/types.ts';
import type { Found, Web } from '#server/web/web.ts';
import { firstWords } from '../handoff/shorten.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { HostTool, ToolOutcome } from './tool.ts';
import { costWords, webFailure } from './web-outcome.ts';

const usualResults = 5;
const maxDomains = 20;
/** Characters of one result, and of all: how much each gets depends on how many there are. */
const resultCharacters = 2_000;
const callCharacters = 16_000;

const day = v.optional(v.pipe(v.string('must be text.'), v.isoDate('must be a day such as 2026-01-31.')));
const domains = v.optional(
  v.pipe(
    v.array(
      v.pipe(
        v.string('must be a list of hosts.'),
        v.regex(
          /^(?:[a-z0-9-]+\.)+[a-z0-9-]{2,}$/i,
          'must be hosts such as "developer.mozilla.org", without a path.',
        ),
      ),
      'must be a list of hosts.',
    ),
    v.maxLength(maxDomains, `must be at most ${maxDomains}.`),
  ),
);
const schema = v.object({
  query: v.pipe(
    v.string('words to search for are needed.'),
    v.trim(),
    v.minLength(1, 'is empty.'),
    v.maxLength(
      maxQueryCharacters,
      `is longer than ${maxQueryCharacters} characters: ask for one thing at a time.`,
    ),
  ),
  maxResults: v.optional(
    v.pipe(
      v.number('must be a number.'),
      v.integer('must be a whole number.'),
      v.minValue(1, 'must be at least 1.'),
      v.maxValue(maxResultCount, `must be at most ${maxResultCount}.`),
    ),
  ),
  domains,
  excludeDomains: domains,
  timeRange: v.optional(v.picklist(['day', 'week', 'month', 'year'], 'must be day, week, month or year.')),
  startDate: day,
  endDate: day,
  topic: v.optional(v.picklist(['general', 'news', 'finance'], 'must be general, news or finance.')),
  depth: v.optional(
    v.picklist(['basic', 'advanced', 'fast', 'ultra-fast'], 'must be basic, advanced, fast or ultra-fast.'),
  ),
});
type Args = v.InferOutput<typeof schema>;

/** Asks the search engine that this server has. What it finds is data of strangers, marked as such. */
export function webSearch(web: Web): HostTool<Args> {
  return {
    name: 'web_search',
    kind: 'read',
    onHost: true,
    description:
      'Searches the web and returns titles, addresses and excerpts. Use it for what the workspace cannot tell: current versions, documentation, error messages, releases. Read a page of the results with read_page. The query goes to a search service: put no secrets and no private text into it.',
    parameters: objectSchema(
      {
        query: {
          type: 'string',
          description: `What to search for, at most ${maxQueryCharacters} characters.`,
        },
        maxResults: {
          type: 'integer',
          description: `How many; ${usualResults} when left out, ${maxResultCount} at most.`,
        },
        domains: { type: 'array', items: { type: 'string' }, description: 'Only these hosts.' },
        excludeDomains: { type: 'array', items: { type: 'string' }, description: 'None of these hosts.' },
        timeRange: { type: 'string', enum: ['day', 'week', 'month', 'year'], description: 'At most so old.' },
        startDate: { type: 'string', description: 'Not older than this day, YYYY-MM-DD.' },
        endDate: { type: 'string', description: 'Not newer than this day, YYYY-MM-DD.' },
        topic: { type: 'string', enum: ['general', 'news', 'finance'] },
        depth: {
          type: 'string',
          enum: ['basic', 'advanced', 'fast', 'ultra-fast'],
          description: 'basic when left out; advanced finds more and may cost twice as much.',
        },
      },
      ['query'],
    ),
    parse: parseWith(schema),
    async run(args, { call, signal }) {
      try {
        const found = await web.search(queryOf(args), { ...call, signal });
        return outcomeOf(args, found);
      } catch (cause) {
        return webFailure(cause);
      }
    },
  };
}

function queryOf({ query, maxResults, domains, ...rest }: Args): SearchQuery {
  return { ...rest, text: query, maxResults: maxResults ?? usualResults, includeDomains: domains };
}

function outcomeOf({ query }: Args, found: Found): ToolOutcome {
  const { results, label, provider, costUsd, cached } = found;
  const notes = found.notes.length ? `\n\n${found.notes.join('\n')}` : '';
  const sources = results.map(({ url, title, publishedAt }) => ({
    url,
    title,
    ...(publishedAt ? { publishedAt } : {}),
  }));
  const words = `"${firstWords(query, 60)}"`;
  const web = { provider, sources, costUsd, cached };
  if (!results.length)
    return {
      status: 'ok',
      text: `${label} found nothing. Try other words.${notes}`,
      summary: `${label} found nothing for ${words}${costWords(found)}`,
      web,
    };
  const each = Math.min(resultCharacters, Math.floor(callCharacters / results.length));
  const sections = results.map(({ url, title, publishedAt, text }) => ({
    facts: { title, url, date: publishedAt },
    text: text.length > each ? `${text.slice(0, each).toWellFormed()}… [more with read_page]` : text,
  }));
  const count = `${results.length} ${results.length === 1 ? 'page' : 'pages'}`;
  return {
    status: 'ok',
    text: `${label} found ${count}. ${markedData(sections)}${notes}`,
    summary: `Found ${count} with ${label} for ${words}${costWords(found)}`,
    web,
  };
}
