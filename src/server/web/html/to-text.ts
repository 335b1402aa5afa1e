import { trimLines } from '../clean-text.ts';
import { webUrl } from '../result-url.ts';
import { decodeEntities } from './entities.ts';
import { isHidden } from './hidden.ts';
import { tokens, type OpenTag, type Token } from './tokens.ts';

export interface HtmlText {
  title: string;
  publishedAt: string | null;
  /** Markdown: headings, lists, code and links; no pictures. */
  text: string;
}

const voidElements = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
);
const blocks = new Set(
  (
    'address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 ' +
    'h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul'
  ).split(' '),
);
/** An end tag may be left out: what such an element is ended by. */
const endedBy: Record<string, ReadonlySet<string>> = {
  p: blocks,
  li: new Set(['li']),
  dt: new Set(['dt', 'dd']),
  dd: new Set(['dt', 'dd']),
  td: new Set(['td', 'th', 'tr', 'tbody', 'tfoot']),
  th: new Set(['td', 'th', 'tr', 'tbody', 'tfoot']),
  tr: new Set(['tr', 'tbody', 'tfoot']),
};
const deepest = 1_000;

interface OpenElement {
  name: string;
  hidden: boolean;
  /** Of an `a`: where the text of the link begins, and where it goes. */
  link?: { from: number; to: string };
}

/** The text of a page that a person would see, in Markdown. Nothing is fetched, nothing runs. */
export function htmlToText(html: string, address: string): HtmlText {
  const writer = new Writer(address);
  for (const token of tokens(html)) writer.take(token);
  return writer.result();
}

class Writer {
  #base: string;
  #title = '';
  #publishedAt: string | null = null;
  #out: string[] = [];
  readonly #open: OpenElement[] = [];
  #pre = 0;

  constructor(address: string) {
    this.#base = address;
  }

  take(token: Token): void {
    if (token.type === 'text') this.#text(token.text);
    else if (token.type === 'open') this.#enter(token);
    else this.#leave(token.name);
  }

  result(): HtmlText {
    const text = trimLines(this.#out.join(''));
    return { title: this.#title.replace(/\s+/g, ' ').trim(), publishedAt: this.#publishedAt, text };
  }

  #text(raw: string): void {
    const text = decodeEntities(raw);
    const top = this.#open.at(-1);
    if (top?.name === 'title') this.#title ||= text;
    if (!top?.hidden && top?.name !== 'title') this.#out.push(this.#pre ? text : text.replace(/\s+/g, ' '));
  }

  #enter({ name, attributes, selfClosing }: OpenTag): void {
    this.#endOptional(name);
    if (name === 'base') this.#base = this.#resolve(attributes.get('href')) ?? this.#base;
    if (name === 'meta') this.#readMeta(attributes);
    const hidden = (this.#open.at(-1)?.hidden ?? false) || isHidden(name, attributes);
    if (!hidden) this.#begin(name);
    if (voidElements.has(name) || (selfClosing && !blocks.has(name)) || this.#open.length >= deepest) return;
    const to = name === 'a' && !hidden ? this.#resolve(attributes.get('href')) : null;
    this.#open.push({ name, hidden, ...(to ? { link: { from: this.#out.length, to } } : {}) });
  }

  #leave(name: string): void {
    const index = this.#open.findLastIndex((element) => element.name === name);
    if (index < 0) return;
    for (const element of this.#open.splice(index).reverse()) this.#end(element);
  }

  #endOptional(next: string): void {
    for (let top = this.#open.at(-1); top && endedBy[top.name]?.has(next); top = this.#open.at(-1)) {
      this.#open.pop();
      this.#end(top);
    }
  }

  #begin(name: string): void {
    const level = /^h([1-6])$/.exec(name)?.[1];
    if (level) this.#out.push(`\n\n${'#'.repeat(Number(level))} `);
    else if (name === 'li') this.#out.push('\n- ');
    else if (name === 'br') this.#out.push('\n');
    else if (name === 'tr') this.#out.push('\n');
    else if (name === 'td' || name === 'th') this.#out.push(this.#out.at(-1)?.endsWith('\n') ? '| ' : ' | ');
    else if (name === 'pre') {
      this.#pre += 1;
      this.#out.push('\n\n```\n');
    } else if (name === 'code' && !this.#pre) this.#out.push('`');
    else if (blocks.has(name)) this.#out.push('\n\n');
  }

  #end({ name, hidden, link }: OpenElement): void {
    if (hidden) return;
    if (link) this.#writeLink(link);
    if (name === 'pre') {
      this.#pre = Math.max(0, this.#pre - 1);
      this.#out.push('\n```\n\n');
    } else if (name === 'code' && !this.#pre) this.#out.push('`');
    else if (blocks.has(name) && name !== 'li' && name !== 'tr') this.#out.push('\n\n');
  }

  #writeLink({ from, to }: NonNullable<OpenElement['link']>): void {
    const text = this.#out.splice(from).join('').replace(/\s+/g, ' ');
    const words = text.trim();
    if (words) this.#out.push(text.replace(words, () => `[${words}](${to})`));
  }

  #readMeta(attributes: ReadonlyMap<string, string>): void {
    const name = (attributes.get('property') ?? attributes.get('name') ?? '').toLowerCase();
    if (name === 'article:published_time' || name === 'date')
      this.#publishedAt ??= attributes.get('content')?.trim().slice(0, 40) || null;
  }

  #resolve(href: string | undefined): string | null {
    const decoded = decodeEntities(href ?? '').trim();
    return decoded && URL.canParse(decoded, this.#base) ? webUrl(new URL(decoded, this.#base).href) : null;
  }
}
