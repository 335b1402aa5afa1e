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
import { lineEndOf } from './line-ends.ts';

export interface EditorOptions {
  text: string;
  /** Its name tells the language. */
  file: string;
  label: string;
  isWriting: boolean;
  onchange: (text: string) => void;
  /** What else the editor does. */
  extensions?: Extension;
}

export interface OpenEditor {
  /** Lets a person write from now on, or only read; the place and the selection stay. */
  setWriting(isWriting: boolean): void;
  close(): void;
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
 * Opens an editor, or a reader, in `host`. What is typed has the line ends of the text that was given.
 * In a shadow root CodeMirror adopts its styles as sheets; in the page it would write style elements, which our policy
 * refuses.
 */
export function openEditor(host: HTMLElement, options: EditorOptions): OpenEditor {
  const language = new Compartment();
  const mode = new Compartment();
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorState.lineSeparator.of(lineEndOf(options.text)),
        lineNumbers(),
        highlightSpecialChars({
          addSpecialChars: /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/gu,
        }),
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': options.label }),
        look,
        language.of([]),
        mode.of(options.isWriting ? editing(options.onchange) : reading),
        options.extensions ?? [],
      ],
    }),
  });
  view.scrollDOM.tabIndex = 0;
  if (options.isWriting) view.focus();
  void LanguageDescription.matchFilename(languages, options.file)
    ?.load()
    .then((support) => view.dispatch({ effects: language.reconfigure(support) }));
  let { isWriting } = options;
  return {
    setWriting(next) {
      if (next === isWriting) return;
      isWriting = next;
      view.dispatch({ effects: mode.reconfigure(next ? editing(options.onchange) : reading) });
      if (next) view.focus();
    },
    close: () => view.destroy(),
  };
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
      if (update.docChanged) onchange(update.state.sliceDoc());
    }),
  ];
}
