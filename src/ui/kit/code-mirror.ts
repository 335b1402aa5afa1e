import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  LanguageDescription,
  syntaxHighlighting,
} from '@codemirror/language';
import { languages } from '@codemirror/language-data';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export interface EditorOptions {
  text: string;
  /** Its name tells the language. */
  file: string;
  label: string;
  /** Without it the text can only be read. */
  onchange?: (text: string) => void;
}

const look = EditorView.theme({
  '&': { fontSize: '0.75rem', backgroundColor: 'transparent', width: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.15rem' },
  '.cm-content': { caretColor: 'var(--color-ink)', padding: '0.5rem 0' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--color-mute)', border: 'none' },
  '.cm-cursor': { borderLeftColor: 'var(--color-ink)' },
  '&.cm-focused > .cm-scroller .cm-selectionBackground, ::selection': {
    backgroundColor: 'light-dark(#cfd8ff, #3a4478)',
  },
  '.cm-specialChar': { color: 'var(--color-warn-ink)', backgroundColor: 'var(--color-warn)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.regexp], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.atom], color: 'var(--code-number)' },
  { tag: [tags.typeName, tags.className, tags.definition(tags.name)], color: 'var(--code-name)' },
  { tag: [tags.propertyName, tags.attributeName], color: 'var(--code-property)' },
  { tag: [tags.comment, tags.meta], color: 'var(--color-mute)' },
]);

/**
 * Opens an editor, or a reader, in `host`. Returns how to close it.
 * In a shadow root CodeMirror adopts its styles as sheets; in the page it would write style elements, which our policy
 * refuses.
 */
export function openEditor(host: HTMLElement, options: EditorOptions): () => void {
  const language = new Compartment();
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        highlightSpecialChars({
          addSpecialChars: /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/gu,
        }),
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': options.label }),
        look,
        language.of([]),
        options.onchange ? editing(options.onchange) : reading,
      ],
    }),
  });
  view.scrollDOM.tabIndex = 0;
  if (options.onchange) view.focus();
  void LanguageDescription.matchFilename(languages, options.file)
    ?.load()
    .then((support) => view.dispatch({ effects: language.reconfigure(support) }));
  return () => view.destroy();
}

const reading: Extension = [EditorState.readOnly.of(true), keymap.of(defaultKeymap)];

function editing(onchange: (text: string) => void): Extension {
  return [
    history(),
    indentOnInput(),
    bracketMatching(),
    keymap.of([
      // Approving is a key of the page; Escape gives Tab back to the page.
      ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
      ...historyKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onchange(update.state.doc.toString());
    }),
  ];
}
