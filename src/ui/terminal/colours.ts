import type { ITheme } from '@xterm/xterm';

/** The sixteen of a terminal, readable on both grounds; the rest are the page's own. */
const colours = {
  background: 'var(--color-panel)',
  foreground: 'var(--color-ink)',
  cursor: 'var(--color-accent)',
  cursorAccent: 'var(--color-panel)',
  selectionBackground: 'light-dark(#cfd8ff, #3a4478)',
  scrollbarSliderBackground: 'light-dark(#1a1a1930, #ececef30)',
  scrollbarSliderHoverBackground: 'light-dark(#1a1a1950, #ececef50)',
  scrollbarSliderActiveBackground: 'light-dark(#1a1a1970, #ececef70)',
  black: 'light-dark(#1a1a19, #3a3a40)',
  red: 'light-dark(#a8241c, #ff9d96)',
  green: 'light-dark(#116329, #7fd595)',
  yellow: 'light-dark(#855000, #f0b95b)',
  blue: 'light-dark(#2747b8, #93a5ff)',
  magenta: 'light-dark(#8a2a86, #d59bf0)',
  cyan: 'light-dark(#1b6373, #7fd0dd)',
  white: 'light-dark(#62625d, #c4c4ca)',
  brightBlack: 'light-dark(#62625d, #9a9aa3)',
  brightRed: 'light-dark(#c4352c, #ffb8b2)',
  brightGreen: 'light-dark(#1a7a36, #a3e4b4)',
  brightYellow: 'light-dark(#9a5f00, #f7d08c)',
  brightBlue: 'light-dark(#3450c8, #b3c0ff)',
  brightMagenta: 'light-dark(#a13a9c, #e3bbf6)',
  brightCyan: 'light-dark(#237a8d, #a6e2eb)',
  brightWhite: 'light-dark(#3f3f3c, #ececef)',
} satisfies ITheme;

/** The colours as they are in `host` now: xterm.js knows neither variables nor `light-dark()`. */
export function readColours(host: HTMLElement): ITheme {
  const probe = document.createElement('span');
  host.append(probe);
  const found = Object.entries(colours).map(([name, colour]) => {
    probe.style.color = colour;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found) as ITheme;
}

/** Tells when the page turns light or dark, by the system or by the person. Returns how to stop. */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(changed);
  system.addEventListener('change', changed);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', changed);
    chosen.disconnect();
  };
}
