import { BlockList, isIP } from 'node:net';

/** One entry of the list: a name, `*.name` for everything below it, or an address; with a port, only that port. */
interface Entry {
  host: string;
  port: number | null;
}

/** Ports of an entry without one: the web. */
const webPorts = [80, 443];

/** Addresses that are this machine, its networks or nobody's: a name on the list must not lead there. */
const internal = {
  ipv4: subnets('ipv4', [
    ...([
      ['0.0.0.0', 8],
      ['10.0.0.0', 8],
      ['100.64.0.0', 10],
      ['127.0.0.0', 8],
      ['169.254.0.0', 16],
    ] as const),
    ...([
      ['172.16.0.0', 12],
      ['192.0.0.0', 24],
      ['192.168.0.0', 16],
      ['198.18.0.0', 15],
      ['224.0.0.0', 3],
    ] as const),
  ]),
  ipv6: subnets('ipv6', [
    ...([
      ['::', 96],
      ['::ffff:0:0', 96],
      ['64:ff9b::', 32],
      ['100::', 64],
      ['2002::', 16],
    ] as const),
    ...([
      ['fc00::', 7],
      ['fe80::', 10],
      ['fec0::', 10],
      ['ff00::', 8],
    ] as const),
  ]),
};

/** One list for each family: in a common one, `::ffff:0:0/96` would be every IPv4 address. */
function subnets(family: 'ipv4' | 'ipv6', networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
}

/** Which hosts commands may reach. Everything else is refused. */
export class AllowList {
  readonly entries: readonly string[];
  readonly #parsed: Entry[];

  constructor(entries: readonly string[]) {
    this.entries = entries;
    this.#parsed = entries.map(parseEntry);
  }

  allows(host: string, port: number): boolean {
    return this.#matching(host, port).length > 0;
  }

  /**
   * Whether a connection may go to `address`, to which `host` leads. An internal one only when the entry names this very
   * machine (`localhost`, an address) or its port: whoever controls a public name decides where it leads.
   */
  allowsAddress(host: string, port: number, address: string): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (!internal[family].check(address, family)) return true;
    return this.#matching(host, port).some(
      (entry) => entry.port !== null || entry.host === 'localhost' || isIP(entry.host) !== 0,
    );
  }

  #matching(host: string, port: number): Entry[] {
    const name = canonical(host);
    return this.#parsed.filter(
      (entry) =>
        (entry.port === null ? webPorts.includes(port) : entry.port === port) &&
        (entry.host.startsWith('*.') ? name.endsWith(entry.host.slice(1)) : name === entry.host),
    );
  }
}

function parseEntry(entry: string): Entry {
  const [, host = entry, port] =
    /^(.*?)(?::(\d{1,5}))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  return { host: canonical(host), port: port === undefined ? null : Number(port) };
}

/** Case, brackets and the root's dot make no other host. */
function canonical(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
