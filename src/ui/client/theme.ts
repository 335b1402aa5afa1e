export type Theme = 'system' | 'light' | 'dark';

/** `static/theme.js` reads the same key before the first paint. */
export function readTheme(): Theme {
  const stored = localStorage.getItem('theme');
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem('theme');
    delete document.documentElement.dataset.theme;
    return;
  }
  localStorage.setItem('theme', theme);
  document.documentElement.dataset.theme = theme;
}
