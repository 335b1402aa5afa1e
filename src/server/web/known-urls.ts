import type { Message } from '#protocol/message.ts';
import { webUrl } from './result-url.ts';

/** Tools whose results name addresses that a search engine or a page gave. */
const webTools = new Set(['web_search', 'read_page']);

/**
 * Whether an address came into the conversation from outside: from a search result, as a link of a page that was read, or
 * in the person's own words. Any other was put together by the model, maybe from what it read in the workspace, and
 * whoever is asked for it learns it. What files and commands print is not looked at: the model could write an address
 * there first. Nor are the texts of results, which may repeat what was searched for: only their addresses count.
 * @param url as `webUrl` gives it
 */
export function isKnownUrl(url: string, record: readonly Message[]): boolean {
  const wanted = keyOf(url);
  return record.some((message) => urlsOf(message).some((known) => keyOf(known) === wanted));
}

function urlsOf(message: Message): string[] {
  return message.parts.flatMap((part) => {
    if (part.type === 'text' && message.role === 'user') return urlsInWords(part.text);
    if (part.type !== 'tool-result' || !part.web || !webTools.has(part.name)) return [];
    return [...part.web.sources.map(({ url }) => url), ...(part.web.links ?? [])];
  });
}

/** Whole addresses, and names with a path as people write them: `example.com/docs`. */
const written =
  /https?:\/\/[^\s<>"'`]+|(?<![\w@/.-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:\/[^\s<>"'`]*)?(?![\w@])/gi;

function urlsInWords(text: string): string[] {
  return [...text.matchAll(written)].flatMap(([found]) => {
    const address = withoutPunctuation(found);
    const url = webUrl(/^https?:/i.test(address) ? address : `https://${address}`);
    return url === null ? [] : [url];
  });
}

const brackets = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
] as const;

/** What ends a sentence or closes a bracket around an address is not of it. */
function withoutPunctuation(text: string): string {
  let address = text.replace(/[.,;:!?*_]+$/, '');
  for (const [open, close] of brackets)
    while (address.endsWith(close) && address.split(close).length > address.split(open).length)
      address = address.slice(0, -1).replace(/[.,;:!?*_]+$/, '');
  return address;
}

/** The fragment never leaves; `https` in place of `http` asks the same host. */
function keyOf(url: string): string {
  return url.replace(/#.*$/, '').replace(/^http:/, 'https:');
}
