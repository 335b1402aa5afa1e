import { isIP } from 'node:net';
import { isPublicAddress } from './direct/public-address.ts';
import { WebError } from './web-error.ts';

/** Names that only this machine or its network knows (RFC 6761, 6762, 8375, and what routers use). */
const privateNames =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|onion)\.?$/;

/**
 * Refuses addresses that are no public ones by their name alone, before anybody is asked, also a service that would read
 * the page for us: it would learn the name, and could not read it.
 * @throws {WebError} `refused`
 */
export function assertPublicName(url: string): void {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const isPublic = isIP(host) ? isPublicAddress(host) : host.includes('.') && !privateNames.test(host);
  if (isPublic) return;
  throw new WebError(
    'refused',
    `${host} is not an address of the public internet. Only public pages can be read; what runs in the sandbox is reached with a command.`,
  );
}
