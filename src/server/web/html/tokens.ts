export interface OpenTag {
  type: 'open';
  name: string;
  attributes: ReadonlyMap<string, string>;
  selfClosing: boolean;
}

/** `end`: where in the document it ends. */
export type Token = { end: number } & (
  { type: 'text'; text: string } | OpenTag | { type: 'close'; name: string }
);

/** Their content is no markup: it goes on to their own end tag. */
const rawElements = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);

const tagName = /[a-zA-Z][^\s/>]*/y;
const attribute = /\s*\/?\s*([^\s=>/"'][^\s=>/]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/y;

/**
 * The tokens of a document, as far as its text needs them (https://html.spec.whatwg.org/multipage/parsing.html). Linear in
 * its length: what the standard drops at the end of the input, such as a tag that never ends, is dropped here too.
 */
export function* tokens(html: string): Generator<Token> {
  let at = 0;
  while (at < html.length) {
    const start = html.indexOf('<', at);
    if (start < 0) return yield { type: 'text', text: html.slice(at), end: html.length };
    if (start > at) yield { type: 'text', text: html.slice(at, start), end: start };
    const next = html[start + 1] ?? '';
    if (next === '!' || next === '?') {
      at = afterDeclaration(html, start);
    } else if (/[a-zA-Z]/.test(next)) {
      const end = endOfTag(html, start);
      if (end < 0) return;
      const open = readOpen(html.slice(start + 1, end));
      at = end + 1;
      yield { ...open, end: at };
      if (!rawElements.has(open.name)) continue;
      const close = endOfRaw(html, at, open.name);
      yield { type: 'text', text: html.slice(at, close), end: close };
      at = close;
    } else if (next === '/') {
      const end = html.indexOf('>', start);
      if (end < 0) return;
      const [name = ''] = /^[a-zA-Z][^\s/>]*/.exec(html.slice(start + 2, Math.min(end, start + 80))) ?? [];
      if (name) yield { type: 'close', name: name.toLowerCase(), end: end + 1 };
      at = end + 1;
    } else {
      yield { type: 'text', text: '<', end: start + 1 };
      at = start + 1;
    }
  }
}

/** Comments, doctypes and what else begins with `<!` or `<?`. */
function afterDeclaration(html: string, start: number): number {
  const isComment = html.startsWith('<!--', start);
  // `<!-->` and `<!--->` are whole comments.
  const end = isComment ? html.indexOf('-->', start + 2) : html.indexOf('>', start);
  if (end < 0) return html.length;
  return end + (isComment ? 3 : 1);
}

/** The `>` that ends a tag: one within quotes does not. */
function endOfTag(html: string, start: number): number {
  let quote = '';
  for (let at = start + 1; at < html.length; at += 1) {
    const character = html[at] as string;
    if (quote) {
      if (character === quote) quote = '';
    } else if (character === '>') return at;
    else if ((character === '"' || character === "'") && /[=\s]/.test(html[at - 1] as string))
      quote = character;
  }
  return -1;
}

function endOfRaw(html: string, from: number, name: string): number {
  const pattern = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  pattern.lastIndex = from;
  return pattern.exec(html)?.index ?? html.length;
}

function readOpen(tag: string): OpenTag {
  tagName.lastIndex = 0;
  const [name = ''] = tagName.exec(tag) ?? [];
  const attributes = new Map<string, string>();
  attribute.lastIndex = name.length;
  for (let found = attribute.exec(tag); found; found = attribute.exec(tag)) {
    const [, key = '', double, single, bare] = found;
    const lower = key.toLowerCase();
    if (!attributes.has(lower)) attributes.set(lower, double ?? single ?? bare ?? '');
    if (attributes.size > 100) break;
  }
  return { type: 'open', name: name.toLowerCase(), attributes, selfClosing: tag.endsWith('/') };
}
