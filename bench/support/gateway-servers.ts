import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { installPortkey, startPortkey } from './portkey.ts';
import type { Server } from './raw-client.ts';

/** One upstream, and what stands in front of it: nothing, ours as the real server process, and the peer. */
export interface GatewayServers {
  direct: Server;
  ours: Server;
  /** A server that only passes bytes on: less is not possible here. */
  floor: Server;
  /** null where it cannot be installed. */
  peer: Server | null;
  origin: string;
  close(): Promise<void>;
}

/** What Helicone's users send: everything that costs something is on. */
const features = {
  'helicone-user-id': 'bench',
  'helicone-property-app': 'bench',
  'helicone-session-id': 'bench',
  'helicone-ratelimit-policy': '10000000;w=60;s=user',
};

export async function startServers(): Promise<GatewayServers> {
  const upstream = script('mock-upstream.ts');
  const upstreamPort = await readyPort(upstream);
  const origin = `http://127.0.0.1:${upstreamPort}`;
  const provider = {
    id: 'mock',
    label: 'Mock',
    baseUrl: `${origin}/v1`,
    wire: 'openai-chat',
    models: ['mock'],
  };
  const crosspoint = await Crosspoint.start({ CUSTOM_PROVIDERS: JSON.stringify([provider]) });
  const bare = script('bare-gateway.ts', origin);
  const barePort = await readyPort(bare);
  const program = installPortkey();
  const peerPort = await freePort();
  const peer = program ? await startPortkey(program, peerPort) : null;
  const port = Number(new URL(crosspoint.origin).port);
  return {
    origin,
    direct: { name: 'direct', port: upstreamPort, pid: upstream.pid as number, headers: {} },
    floor: { name: 'floor', port: barePort, pid: bare.pid as number, headers: features },
    ours: { name: 'ours', port, pid: crosspoint.pid, headers: { ...crosspoint.headers, ...features } },
    peer: peer && {
      name: 'peer',
      port: peerPort,
      pid: peer.pid as number,
      headers: {
        authorization: 'Bearer none',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `${origin}/v1`,
      },
    },
    async close() {
      await crosspoint.remove();
      await ended(upstream);
      await ended(bare);
      if (peer) await ended(peer);
    },
  };
}

function script(name: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [`bench/support/${name}`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function readyPort(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  return Number(line.split(' ')[1]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Microseconds of processor time of a process so far, in user and system. */
export function cpuMicroseconds({ pid }: Server): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 and 15 of proc(5), in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
