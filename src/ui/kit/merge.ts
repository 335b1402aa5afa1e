import { unifiedMergeView } from '@codemirror/merge';
import { Text, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { lineEndOf } from './line-ends.ts';

const look = EditorView.theme({
  '.cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'var(--color-add) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--color-del)', paddingLeft: '6px' },
  '.cm-deletedChunk .cm-chunkButtons': { insetInlineEnd: '8px', display: 'flex', gap: '4px' },
  '.cm-chunkButtons button': {
    border: '1px solid var(--color-line-strong)',
    borderRadius: '4px',
    background: 'var(--color-raised)',
    color: 'var(--color-ink)',
    font: '500 0.71875rem/1.25rem var(--font-sans)',
    padding: '0 0.375rem',
    cursor: 'pointer',
    margin: '0',
  },
  '.cm-changedText': { background: 'light-dark(#b9e6c3, #1f5a33) !important' },
  '.cm-deletedText': { background: 'light-dark(#f9c7c2, #6b2a2c) !important' },
  '.cm-changeGutter': { width: '3px', paddingLeft: '1px' },
});

/** Shows where the text differs from another one, which stands above each change; either side can be taken. */
export function comparedWith(theirs: string): Extension {
  return [
    unifiedMergeView({
      original: Text.of(theirs.split(lineEndOf(theirs))),
      mergeControls: (type, action) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = type === 'accept' ? 'Keep mine' : 'Take theirs';
        button.addEventListener('click', action);
        return button;
      },
    }),
    look,
  ];
}
