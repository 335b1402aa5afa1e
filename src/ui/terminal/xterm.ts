import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { matches } from '#ui/client/keys.ts';
import { openAllowed } from './allowed-styles.ts';
import { onThemeChange, readColours } from './colours.ts';
import type { TerminalScreen, TerminalSize } from './terminal-connection.ts';

export interface ScreenOptions {
  label: string;
  /** The lines are told to a screen reader, too. */
  isRead: boolean;
  oninput(bytes: Uint8Array<ArrayBuffer>): void;
  onresize(size: TerminalSize): void;
  /** The keys that lead out of it were pressed. */
  onleave(): void;
}

export interface XtermScreen extends TerminalScreen {
  focus(): void;
  /** As if the key that sends this was pressed. */
  press(text: string): void;
  /** Tells its lines to a screen reader, or not. */
  read(isRead: boolean): void;
  close(): void;
}

const scrollbackLines = 5_000;
/** What the page's own colours are held to (WCAG 2.2 AA); programs choose colours for a ground that they do not know. */
const leastContrast = 4.5;

/** Draws a terminal in `host`, as large as that is. */
export function openXterm(host: HTMLElement, options: ScreenOptions): XtermScreen {
  const terminal = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-mono'),
    fontSize: 12,
    lineHeight: 1.2,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    scrollback: scrollbackLines,
    minimumContrastRatio: leastContrast,
    screenReaderMode: options.isRead,
    theme: readColours(host),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  openAllowed(terminal, host);
  terminal.textarea?.setAttribute('aria-label', options.label);
  terminal.attachCustomKeyEventHandler((event) => takesKey(terminal, event, options.onleave));
  const fitted = new ResizeObserver(() => fit.fit());
  fitted.observe(host);
  fit.fit();
  const forget = onThemeChange(() => (terminal.options.theme = readColours(host)));
  const isSilent = sendInput(terminal, options.oninput);
  terminal.onResize(({ cols, rows }) => options.onresize({ columns: cols, rows }));
  return {
    size: () => ({ columns: terminal.cols, rows: terminal.rows }),
    write(bytes, wasPrinted, drawn) {
      // Its pieces are drawn in their order: an empty one says when the first of these comes.
      terminal.write('', () => (isSilent.value = wasPrinted));
      terminal.write(bytes, () => {
        isSilent.value = false;
        drawn();
      });
    },
    reset: () => terminal.reset(),
    focus: () => terminal.focus(),
    press(text) {
      // A program may want its arrows otherwise (DECCKM).
      const isArrow = text.startsWith('\x1b[') && terminal.modes.applicationCursorKeysMode;
      terminal.input(isArrow ? text.replace('[', 'O') : text);
    },
    read: (isRead) => (terminal.options.screenReaderMode = isRead),
    close() {
      forget();
      fitted.disconnect();
      terminal.dispose();
    },
  };
}

/** While what was printed before is drawn, nothing is sent: the shell would take a second answer for something typed. */
function sendInput(terminal: Terminal, oninput: ScreenOptions['oninput']): { value: boolean } {
  const isSilent = { value: false };
  const encoder = new TextEncoder();
  terminal.onData((text) => {
    if (!isSilent.value) oninput(encoder.encode(text));
  });
  // Old mouse reports: bytes that are no UTF-8.
  terminal.onBinary((text) => {
    if (!isSilent.value) oninput(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  });
  return isSilent;
}

/** Keys of the page stay the page's; all others are the shell's. */
function takesKey(terminal: Terminal, event: KeyboardEvent, leave: () => void): boolean {
  if (event.type !== 'keydown') return true;
  if (matches(event, 'Mod+.') || matches(event, 'Mod+J')) return false;
  if (matches(event, 'Mod+Shift+ArrowUp')) leave();
  else if (matches(event, 'Mod+Shift+C')) void navigator.clipboard.writeText(terminal.getSelection());
  else return true;
  event.preventDefault();
  return false;
}
