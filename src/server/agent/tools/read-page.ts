import * as v from 'valibot';
import { isKnownUrl } from '#server/web/known-urls.ts';
import { markedData } from '#server/web/marked-data.ts';
import { pageLinks } from '#server/web/page-links.ts';
import { webUrl } from '#server/web/result-url.ts';
import type { ReadPage, Web } from '#server/web/web.ts';
import { objectSchema, parseWith } from './schema.ts';
import type { HostTool, ToolOutcome } from './tool.ts';
import { costWords, webFailure } from './web-outcome.ts';

/** Characters of a page that one call shows. */
const shownCharacters = 12_000;

const schema = v.object({
  url: v.pipe(
    v.string('an address is needed, such as https://example.com/page.'),
    v.transform((text) => webUrl(text.trim())?.replace(/#.*$/, '') ?? ''),
    v.minLength(
      1,
      'must be an http or https address of at most 2048 characters, without a name and password.',
    ),
  ),
  offset: v.optional(
    v.pipe(
      v.number('must be a number.'),
      v.integer('must be a whole number.'),
      v.minValue(0, 'must be 0 or more.'),
    ),
  ),
});
type Args = v.InferOutput<typeof schema>;

/**
 * Reads one page. Who serves a page learns its address, so an address that the model put together could carry out what it
 * read in the workspace: a person decides about each of those, in every approval mode.
 */
export function readPage(web: Web): HostTool<Args> {
  return {
    name: 'read_page',
    kind: 'read',
    onHost: true,
    description:
      'Reads a page of the web as text. Use it for addresses from web_search, for links of a page that was read, and for those that the person named: these are read at once. A person has to approve any other address. Long pages come in parts; read on with offset.',
    parameters: objectSchema(
      {
        url: { type: 'string', description: 'The whole address, exactly as it was found.' },
        offset: { type: 'integer', description: 'The character to begin at, as the last part says.' },
      },
      ['url'],
    ),
    parse: parseWith(schema),
    mustAsk: ({ url }, record) => !isKnownUrl(url, record),
    async run({ url, offset = 0 }, { call, signal }) {
      try {
        return outcomeOf(url, offset, await web.read(url, { ...call, signal }));
      } catch (cause) {
        return webFailure(cause);
      }
    },
  };
}

function outcomeOf(url: string, offset: number, read: ReadPage): ToolOutcome {
  const { page, label, provider, costUsd, cached } = read;
  const { title, publishedAt } = page;
  const part = page.text.slice(offset, offset + shownCharacters).toWellFormed();
  const end = offset + part.length;
  const total = page.text.length;
  if (part === '' && offset > 0)
    return {
      status: 'error',
      text: `Error: the page has ${total} characters. Begin below that.`,
      summary: 'Nothing is left of the page',
    };
  const more =
    end < total ? `\n\n[Characters ${offset} to ${end} of ${total}. Read on with offset ${end}.]` : '';
  const facts = { title, url: page.url, date: publishedAt };
  const found = page.url === url ? [] : [{ url: page.url, title }];
  return {
    status: 'ok',
    text: `Read by ${label}. ${markedData([{ facts, text: part || '(The page has no text.)' }])}${more}`,
    summary: `Read "${title}" with ${label}${costWords(read)}`,
    web: {
      provider,
      sources: [{ url, title, ...(publishedAt ? { publishedAt } : {}) }, ...found],
      links: pageLinks(part),
      costUsd,
      cached,
    },
  };
}
