import type { McpCallback } from '#protocol/mcp.ts';

const channel = 'crosspoint-mcp-sign-in';

/** What stands in the address that the person came back with. */
export function readCallback(query: Pick<URLSearchParams, 'get'>): McpCallback {
  const named = (key: keyof McpCallback, name: string) => {
    const value = query.get(name);
    return value ? { [key]: value } : {};
  };
  return {
    state: query.get('state') ?? '',
    ...named('code', 'code'),
    ...named('iss', 'iss'),
    ...named('error', 'error'),
    ...named('errorDescription', 'error_description'),
  };
}

/** Tells the tabs that the sign-in was begun in. */
export function tellSignedIn(): void {
  const told = new BroadcastChannel(channel);
  told.postMessage('signed-in');
  told.close();
}

/** @returns what ends it */
export function onSignedIn(listen: () => void): () => void {
  const heard = new BroadcastChannel(channel);
  heard.onmessage = listen;
  return () => heard.close();
}

/** A tab for the address that is asked for: opened while the click counts, as browsers block it later. */
export async function openWhenKnown(ask: () => Promise<string>): Promise<void> {
  const tab = window.open('', '_blank');
  try {
    const url = await ask();
    if (!tab) return window.location.assign(url);
    tab.opener = null;
    tab.location.replace(url);
  } catch (cause) {
    tab?.close();
    throw cause;
  }
}
