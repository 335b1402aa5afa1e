import { webUrl } from './result-url.ts';

/** Kept with a result; the rest of them is a review away. */
const maxLinks = 200;

const markdownLink = /\]\(<?(https?:\/\/[^\s<>]+?)>?(?:\s+"[^"]*")?\)/g;

/** The addresses that a text in Markdown links to, in their order, each once. */
export function pageLinks(markdown: string): string[] {
  const links = new Set<string>();
  for (const [, address] of markdown.matchAll(markdownLink)) {
    const url = webUrl(address);
    if (url !== null) links.add(url);
    if (links.size >= maxLinks) break;
  }
  return [...links];
}
