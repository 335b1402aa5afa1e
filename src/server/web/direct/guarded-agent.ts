import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { WebError } from '../web-error.ts';
import { isPublicAddress } from './public-address.ts';

/** The machine's network; a test gives its own, with names and addresses that lead nowhere. */
export interface Network {
  /** All addresses of a name. */
  resolve(host: string): Promise<string[]>;
  connect: buildConnector.connector;
}

export function systemNetwork(connectMs: number): Network {
  return {
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    connect: buildConnector({ timeout: connectMs, allowH2: false }),
  };
}

/**
 * Connects to public addresses only. The address that was checked is the one that is connected to, so a name that
 * resolves to something else the next moment gains nothing; names that are addresses go through the same check.
 */
export function guardedAgent(network: Network): Agent {
  return new Agent({
    connect(options, callback) {
      publicAddressOf(network, options.hostname).then(
        (address) =>
          network.connect(
            { ...options, hostname: address, servername: options.servername ?? options.hostname },
            callback,
          ),
        (cause: unknown) => callback(cause as Error, null),
      );
    },
  });
}

/** @throws {WebError} when one of the addresses is not public: a name that has both is a trap */
async function publicAddressOf(network: Network, hostname: string): Promise<string> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) ? [host] : await network.resolve(host);
  const [first] = addresses;
  if (first === undefined || !addresses.every(isPublicAddress))
    throw new WebError(
      'refused',
      `${host} is not an address of the public internet. Only public pages can be read.`,
    );
  return first;
}
