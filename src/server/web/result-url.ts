/** An http(s) address as it may be kept and shown, in its one spelling; null for anything else. */
export function webUrl(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 2_048 || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  // Names and passwords in an address are how one host is made to look like another.
  return url.username || url.password ? null : url.href;
}
