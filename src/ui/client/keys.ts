/** Every key of the page in one table; the settings page prints it. `Mod` is Ctrl, on a Mac Command. */
export const keyTable = [
  { keys: 'Mod+Enter', does: 'Send; in a review: approve' },
  { keys: 'Enter', does: 'Send (Shift+Enter: new line)' },
  { keys: 'Shift+Tab', does: 'In the message box: next approval mode' },
  { keys: 'Escape', does: 'Stop the run, else close what is open' },
  { keys: 'Mod+/', does: 'Choose a model' },
  { keys: 'Mod+;', does: 'Back to the previous model, and forth' },
  { keys: 'F', does: 'In the list of models, after an arrow key: favourite or not' },
  { keys: 'Alt+F', does: 'In the list of models, also while searching: favourite or not' },
  { keys: 'Mod+Shift+O', does: 'New thread' },
  { keys: 'Mod+B', does: 'Show or hide the threads' },
  { keys: 'Mod+.', does: 'Show or hide files, changes, terminal, preview and cost' },
  { keys: 'Mod+J', does: 'Show or hide the terminal' },
  { keys: 'Mod+Shift+ArrowUp', does: 'In the terminal: leave it, to its tab' },
  { keys: 'Mod+Shift+C', does: 'In the terminal: copy what is selected' },
  { keys: 'Alt+ArrowUp', does: 'Previous thread' },
  { keys: 'Alt+ArrowDown', does: 'Next thread' },
  { keys: 'Mod+S', does: 'In a file: save' },
  { keys: 'E', does: 'In a review: edit' },
  { keys: 'R', does: 'In a review: reject' },
  { keys: 'M', does: 'In a review: other model' },
  { keys: 'J', does: 'In a review: next call' },
  { keys: 'K', does: 'In a review: previous call' },
] as const;

export type Binding = (typeof keyTable)[number]['keys'];

type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** True when the pressed keys are exactly this binding. */
export function matches(event: KeyPress, binding: Binding): boolean {
  const parts = binding.split('+');
  const key = parts.at(-1) ?? '';
  const mod = event.ctrlKey || event.metaKey;
  if (mod !== parts.includes('Mod') || event.altKey !== parts.includes('Alt')) return false;
  // With Option, a Mac's letters are other signs.
  if (event.altKey && event.code === `Key${key}`) return event.shiftKey === parts.includes('Shift');
  // The character itself may need Shift on some keyboards ("/" on a German one).
  if (/^\W$/.test(key)) return event.key === key;
  return event.shiftKey === parts.includes('Shift') && event.key.toLowerCase() === key.toLowerCase();
}

/** Letters are text while someone writes, also inside of an editor's shadow root. */
export function isWriting(event: Event): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** `Ctrl+Enter`, on a Mac `⌘↵`. */
export function keyLabel(binding: string, isMac = isApple()): string {
  if (!isMac) return binding.replace('Mod', 'Ctrl').replace('Escape', 'Esc').replace(/Arrow/, '');
  const signs: Record<string, string> = { Mod: '⌘', Shift: '⇧', Alt: '⌥', Enter: '↵', Escape: 'esc' };
  return binding
    .split('+')
    .map((part) => signs[part] ?? part.replace('Arrow', ''))
    .join('');
}

function isApple(): boolean {
  return typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);
}
