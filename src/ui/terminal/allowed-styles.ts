import type { Terminal } from '@xterm/xterm';

/** What makes the rows of a terminal, as xterm.js 6.0 has it: it knows no other way to give it a document. */
interface Internals {
  _core: {
    _renderService: { _renderer: { value: { _rowFactory: { _document: Pick<Document, 'createElement'> } } } };
  };
}

/**
 * Opens a terminal under the page's policy. xterm.js writes style elements while it opens, and style attributes into its
 * rows for colours that are not of its table; the policy refuses both. Sheets that a script adopts and properties that it
 * sets are allowed, and do the same.
 */
export function openAllowed(terminal: Terminal, host: HTMLElement): void {
  document.createElement = createElement;
  try {
    terminal.open(host);
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
  (terminal as unknown as Internals)._core._renderService._renderer.value._rowFactory._document = {
    createElement,
  };
}

function createElement(name: string, options?: ElementCreationOptions): HTMLElement {
  if (name === 'style') return adoptedStyle();
  const element = Document.prototype.createElement.call(document, name, options);
  if (name === 'span') element.setAttribute = setAttribute;
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** Stands for a style element: its text is a sheet of the document until it is removed. */
function adoptedStyle(): HTMLElement {
  const sheet = new CSSStyleSheet();
  const element = Document.prototype.createElement.call(document, 'template');
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}
