/** The one-time key of a login link. It is taken out of the address at once, so that it stays in no history. */
export function takeLoginKey(): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get('k');
  if (key !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return key;
}
