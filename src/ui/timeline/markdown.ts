import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/**
 * The only way from a model's words to elements (security rule INJ-8). No images: an address of a picture is the classic way
 * to carry a workspace away. No ids, no styles, no forms; classes only to name the language of code.
 */
const marked = new Marked({ gfm: true });
marked.use({
  renderer: {
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    // What looks like HTML is shown as what it is.
    html: ({ text }) => escaped(text),
  },
});

const allowedTags = [
  ...[
    'a',
    'b',
    'blockquote',
    'br',
    'code',
    'del',
    'em',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'hr',
    'i',
    'input',
  ],
  ...[
    'kbd',
    'li',
    'ol',
    'p',
    'pre',
    's',
    'strong',
    'sub',
    'sup',
    'table',
    'tbody',
    'td',
    'th',
    'thead',
    'tr',
    'ul',
  ],
];

export function renderMarkdown(source: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(marked.parse(source, { async: false }), {
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: ['href', 'title', 'start', 'align', 'class', 'type', 'checked', 'disabled'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    // The pattern above is for addresses; these hold none.
    ADD_URI_SAFE_ATTR: ['start', 'align', 'type', 'checked', 'disabled'],
    ALLOW_DATA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const element of fragment.querySelectorAll('[class]')) keepLanguage(element);
  for (const link of fragment.querySelectorAll('a')) openOutside(link);
  for (const input of fragment.querySelectorAll('input')) makeReadOnly(input);
  return fragment;
}

/** What highlight.js wrote, through the same sanitiser. */
export function sanitizeHighlighted(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: ['span'],
    ALLOWED_ATTR: ['class'],
    ALLOW_DATA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

function keepLanguage(element: Element): void {
  const language = element.className.match(/(?:^|\s)(language-[\w+#-]{1,20})/)?.[1];
  if (element.tagName === 'CODE' && language) element.className = language;
  else element.removeAttribute('class');
}

function openOutside(link: HTMLAnchorElement): void {
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
}

function makeReadOnly(input: HTMLInputElement): void {
  if (input.type !== 'checkbox') return input.remove();
  input.disabled = true;
  input.ariaLabel = input.checked ? 'done' : 'not done';
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
