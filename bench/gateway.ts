import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile, type Benchmark, type Figure, type Outcome } from './support/figures.ts';
import { paired, pressure, type Load } from './support/gateway-loads.ts';
import { startServers, type GatewayServers } from './support/gateway-servers.ts';
import { inProcess } from './support/gateway-in-process.ts';
import { residentKilobytes } from './support/process.ts';
import { RawConnection, requestBytes, type Server } from './support/raw-client.ts';

const chat = '/v1/chat/completions';
const messages = [{ role: 'user', content: 'Say something about gateways.' }];
/** The same model by the name that each server knows. */
const modelOf = (server: Server, model: string) => (server.name === 'ours' ? `mock/${model}` : model);

const json = (server: Server): Load => ({
  path: chat,
  body: { model: modelOf(server, 'mock'), stream: false, messages },
});
const stream = (server: Server, gapMs: number, count: number): Load => ({
  path: chat,
  body: { model: modelOf(server, `mock-g${gapMs}-n${count}`), stream: true, messages },
});

/** The gateway against nothing in between and against a peer, in one run, in front of one upstream. */
export const gateway: Benchmark = {
  name: 'gateway',
  async run(): Promise<Outcome> {
    const servers = await startServers();
    try {
      return {
        figures: [
          ...(await slowStreams(servers)),
          // What comes after it is asked of servers that are compiled by then.
          ...(await underPressure(servers)),
          ...(await wholeAnswers(servers)),
          ...(await streams(servers)),
          ...(await largeBodies(servers)),
          ...(await cacheHits(servers)),
          ...(await inProcess(servers.origin)),
        ],
      };
    } finally {
      await servers.close();
    }
  },
};

function all({ direct, ours, peer }: GatewayServers): Server[] {
  return peer ? [direct, ours, peer] : [direct, ours];
}

async function wholeAnswers(servers: GatewayServers): Promise<Figure[]> {
  const timings = await paired([...all(servers), servers.floor], json, 400, 150);
  const direct = timings.get('direct') ?? [];
  const added = (name: string) => (timings.get(name) ?? []).map(({ ms }, at) => ms - (direct[at]?.ms ?? 0));
  const [ours, peer] = [median(added('ours')), median(added('peer'))];
  return [
    { name: 'direct, median', value: median(direct.map(({ ms }) => ms)), unit: 'ms' },
    { name: 'added to a whole answer, median', value: ours, unit: 'ms', bar: 0.9 },
    { name: 'bare node:http + undici adds, median', value: median(added('floor')), unit: 'ms' },
    { name: 'added to a whole answer, 99th percentile', value: percentile(added('ours'), 0.99), unit: 'ms' },
    ...(servers.peer
      ? [
          { name: 'the peer adds, median', value: peer, unit: 'ms' },
          { name: 'added, share of the peer’s', value: ours / peer, unit: '', bar: 1 / 3 },
        ]
      : []),
  ];
}

async function underPressure(servers: GatewayServers): Promise<Figure[]> {
  const [cpu, rate, ratio, peerCpu, bareCpu, bareRate]: number[][] = [[], [], [], [], [], []];
  // Each as often: a server that runs for a minute is compiled by then, and what compiling costs is no cost of a request.
  for (const server of [...all(servers), servers.floor]) await pressure(server, json(server), 32, 16_000);
  for (let round = 0; round < 5; round += 1) {
    const ours = await pressure(servers.ours, json(servers.ours), 32, 4_000);
    cpu?.push(ours.cpuMicroseconds);
    rate?.push(ours.requestsPerSecond);
    const bare = await pressure(servers.floor, json(servers.floor), 32, 2_000);
    bareCpu?.push(bare.cpuMicroseconds);
    bareRate?.push(bare.requestsPerSecond);
    if (!servers.peer) continue;
    const peer = await pressure(servers.peer, json(servers.peer), 32, 500);
    ratio?.push(ours.requestsPerSecond / peer.requestsPerSecond);
    peerCpu?.push(peer.cpuMicroseconds);
  }
  return [
    { name: 'CPU a request', value: median(cpu ?? []) / 1_000, unit: 'ms', bar: 0.3 },
    { name: 'bare node:http + undici, CPU a request', value: median(bareCpu ?? []) / 1_000, unit: 'ms' },
    { name: 'requests a second at 32 connections', value: median(rate ?? []), unit: '/s' },
    { name: 'bare node:http + undici, requests a second', value: median(bareRate ?? []), unit: '/s' },
    ...(servers.peer
      ? [
          {
            name: 'times the peer’s requests a second',
            value: median(ratio ?? []),
            unit: 'x',
            bar: 4,
            atLeast: true,
          },
          { name: 'the peer’s CPU a request', value: median(peerCpu ?? []) / 1_000, unit: 'ms' },
        ]
      : []),
  ];
}

async function streams(servers: GatewayServers): Promise<Figure[]> {
  const timings = await paired(all(servers), (server) => stream(server, 5, 10), 30, 8);
  const direct = timings.get('direct') ?? [];
  const later = (name: string) =>
    median((timings.get(name) ?? []).map(({ firstMs }, at) => firstMs - (direct[at]?.firstMs ?? 0)));
  const chunks = 200;
  const perChunk = async (server: Server, load: Load) =>
    (await pressure(server, load, 32, 64)).cpuMicroseconds / chunks;
  const [base, same, other]: number[][] = [[], [], []];
  for (let round = 0; round < 3; round += 1) {
    base?.push(await perChunk(servers.direct, stream(servers.direct, 5, chunks)));
    same?.push(await perChunk(servers.ours, stream(servers.ours, 5, chunks)));
    other?.push(await perChunk(servers.ours, translated(servers.ours, chunks)));
  }
  const [directChunk, sameChunk, otherChunk] = [median(base ?? []), median(same ?? []), median(other ?? [])];
  return [
    { name: 'first event of a stream, later than direct', value: later('ours'), unit: 'ms', bar: 2 },
    ...(servers.peer
      ? [{ name: 'the peer’s first event, later than direct', value: later('peer'), unit: 'ms' }]
      : []),
    { name: 'direct, CPU a chunk', value: directChunk, unit: 'µs' },
    { name: 'same wire, CPU a chunk', value: sameChunk, unit: 'µs' },
    { name: 'same wire, CPU a chunk, times direct', value: sameChunk / directChunk, unit: 'x', bar: 2 },
    { name: 'other wire, CPU a chunk, times direct', value: otherChunk / directChunk, unit: 'x', bar: 5 },
  ];
}

/** A client of Anthropic's wire in front of the same chat stream. */
function translated(server: Server, chunks: number): Load {
  const body = { model: modelOf(server, `mock-g5-n${chunks}`), stream: true, max_tokens: 1_000, messages };
  return { path: '/v1/messages', body };
}

async function largeBodies(servers: GatewayServers): Promise<Figure[]> {
  const words = 'A line of a file that an agent reads, with "quotes" and a tab\t.\n';
  const content = words.repeat(Math.ceil(100_000 / words.length));
  const body = { model: 'mock/mock', stream: false, messages: [{ role: 'user', content }] };
  const cpu: number[] = [];
  for (let round = 0; round < 3; round += 1)
    cpu.push((await pressure(servers.ours, { path: chat, body }, 16, 500)).cpuMicroseconds);
  return [{ name: 'CPU a request of 100 KB', value: median(cpu) / 1_000, unit: 'ms', bar: 1 }];
}

async function cacheHits({ ours }: GatewayServers): Promise<Figure[]> {
  const load = { ...json(ours), headers: { 'helicone-cache-enabled': 'true' } };
  const timings = await paired([ours], () => load, 300, 100);
  const times = (timings.get('ours') ?? []).map(({ ms }) => ms);
  return [{ name: 'exact cache hit, median', value: median(times), unit: 'ms', bar: 1 }];
}

/** Streams of people who read along: nothing may pile up. First of all: what a load leaves behind would hide it. */
async function slowStreams({ ours }: GatewayServers): Promise<Figure[]> {
  const streamsAtOnce = 500;
  await sleep(500);
  const idle = residentKilobytes(ours.pid);
  const { path, body } = stream(ours, 100, 50);
  const bytes = requestBytes(ours, path, body);
  const open = await Promise.all(Array.from({ length: streamsAtOnce }, () => RawConnection.open(ours.port)));
  const running = open.map((connection) => connection.exchange(bytes));
  let most = 0;
  for (let look = 0; look < 6; look += 1) {
    await sleep(700);
    most = Math.max(most, residentKilobytes(ours.pid));
  }
  await Promise.all(running);
  for (const connection of open) connection.close();
  return [
    {
      name: `memory of ${streamsAtOnce} slow streams over idle`,
      value: (most - idle) / 1_024,
      unit: 'MB',
      bar: 64,
    },
  ];
}
