import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import {
  bracketMatching,
  indentOnInput,
  LanguageDescription,
  syntaxHighlighting,
} from '@codemirror/language';
import { languages } from '@codemirror/language-data';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';

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

/** Opens an editor, or a reader, in `parent`. Returns how to close it. */
export function openEditor(parent: HTMLElement, options: EditorOptions): () => void {
  const language = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        highlightSpecialChars({
          addSpecialChars: /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/gu,
        }),
        syntaxHighlighting(classHighlighter),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': options.label }),
        EditorView.cspNonce.of(
          document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '',
        ),
        look,
        language.of([]),
        options.onchange ? editing(options.onchange) : reading,
      ],
    }),
  });
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
