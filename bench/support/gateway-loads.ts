import { cpuMicroseconds } from './gateway-servers.ts';
import { RawConnection, requestBytes, type Server, type Timing } from './raw-client.ts';

export interface Load {
  path: string;
  body: object;
  headers?: Record<string, string>;
}

/** One request to each server in every round, in turning order: what each needed, round by round. */
export async function paired(
  servers: readonly Server[],
  loads: (server: Server) => Load,
  rounds: number,
  warmUp: number,
): Promise<Map<string, Timing[]>> {
  const open = await Promise.all(
    servers.map(async (server) => {
      const { path, body, headers } = loads(server);
      return {
        server,
        connection: await RawConnection.open(server.port),
        bytes: requestBytes(server, path, body, headers),
        timings: [] as Timing[],
      };
    }),
  );
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (let at = 0; at < open.length; at += 1) {
      const one = open[(at + round) % open.length] as (typeof open)[number];
      const timing = await one.connection.exchange(one.bytes);
      if (round >= warmUp) one.timings.push(timing);
    }
  }
  for (const { connection } of open) connection.close();
  return new Map(open.map(({ server, timings }) => [server.name, timings]));
}

export interface Pressure {
  requestsPerSecond: number;
  /** Of the server's process. */
  cpuMicroseconds: number;
}

/** So many requests over so many connections, as fast as they go. */
export async function pressure(
  server: Server,
  load: Load,
  connections: number,
  requests: number,
): Promise<Pressure> {
  const { path, body, headers } = load;
  const bytes = requestBytes(server, path, body, headers);
  const open = await Promise.all(Array.from({ length: connections }, () => RawConnection.open(server.port)));
  const cpu = cpuMicroseconds(server);
  const startedAt = performance.now();
  let left = requests;
  await Promise.all(
    open.map(async (connection) => {
      while (left > 0) {
        left -= 1;
        await connection.exchange(bytes);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  // What is written in the background belongs to the requests as well.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const used = cpuMicroseconds(server) - cpu;
  for (const connection of open) connection.close();
  return { requestsPerSecond: requests / seconds, cpuMicroseconds: used / requests };
}
