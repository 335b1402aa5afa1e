import { isIP } from 'node:net';
import { CrosspointError } from '#protocol/errors.ts';

/** https anywhere, http only to this machine; no name and password in the address. @throws `mcp_address_refused` */
export function assertMayBeAsked({ protocol, hostname, username, password }: URL): void {
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  if (!isSafe || username || password) throw new CrosspointError('mcp_address_refused');
}

/** By its name alone: `localhost` is this machine wherever a resolver may say it is. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost';
}
