/** What a person typed, as an address of this preview and of nothing else. */
export function previewAddress(base: string, path: string): string {
  const typed = URL.canParse(path, base) ? new URL(path, base) : null;
  return typed?.origin === new URL(base).origin ? typed.href : base;
}

/** The page's policy lets it frame hosts below localhost; others are opened in a tab of their own. */
export function canBeFramed(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && hostname.endsWith('.localhost');
}
