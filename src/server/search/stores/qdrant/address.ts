/** What the client of Qdrant wants to know of an address, instead of the address. */
export interface QdrantAddress {
  host: string;
  port: number;
  https: boolean;
  /** Of a proxy in front of it; empty for none. */
  prefix: string;
}

/** Of a server that nobody put anything in front of. */
const usualPort = 6_333;

/**
 * Taken apart here, because the client adds its usual port to every address without one, also to `https://` ones behind a
 * proxy (seen in 1.19.0). Without a port: 443 with TLS, else Qdrant's own.
 * @throws TypeError that says what is wrong with it
 */
export function parseAddress(url: string): QdrantAddress {
  const { protocol, hostname, port, pathname, username, search, hash } = new URL(url.trim());
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new TypeError('it must begin with http:// or https://.');
  if (username !== '') throw new TypeError('it takes no name and password. Use QDRANT_API_KEY.');
  if (search !== '' || hash !== '') throw new TypeError('it takes no "?" and no "#".');
  const https = protocol === 'https:';
  // URL leaves out the port that belongs to the protocol, even where it was written.
  const written = port || /^\w+:\/\/[^/]*:(\d+)(?:\/|$)/.exec(url.trim())?.[1];
  return {
    host: hostname,
    port: written ? Number(written) : https ? 443 : usualPort,
    https,
    prefix: pathname.replace(/\/+$/, ''),
  };
}
