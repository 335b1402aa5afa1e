import { isHidden } from './hidden.ts';
import { tokens } from './tokens.ts';

/** Code that is shown: what stands in it is seen. */
const code = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;

/** Markdown without the elements of HTML in it that a browser would not show. */
export function withoutHidden(markdown: string): string {
  if (!markdown.includes('</')) return markdown;
  let text = '';
  let at = 0;
  for (const { 0: fence, index } of markdown.matchAll(code)) {
    text += visible(markdown.slice(at, index)) + fence;
    at = index + fence.length;
  }
  return text + visible(markdown.slice(at));
}

/** An element that never ends hides nothing: it is as likely a text about HTML. */
function visible(text: string): string {
  let kept = '';
  let at = 0;
  let hidden: { name: string; from: number; depth: number } | null = null;
  let start = 0;
  for (const token of tokens(text)) {
    if (hidden === null) {
      if (token.type === 'open' && !token.selfClosing && isHidden(token.name, token.attributes))
        hidden = { name: token.name, from: start, depth: 1 };
    } else if (token.type !== 'text' && token.name === hidden.name) {
      hidden.depth += token.type === 'open' ? 1 : -1;
      if (hidden.depth === 0) {
        kept += text.slice(at, hidden.from);
        at = token.end;
        hidden = null;
      }
    }
    start = token.end;
  }
  return kept + text.slice(at);
}
