import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalSandboxes, type LocalSandboxes } from '#server/sandbox/local/local-sandboxes.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { median, percentile, type Benchmark, type Figure, type Outcome } from './support/figures.ts';
import { childrenOf, proportionalKilobytes } from './support/process.ts';
import { TerminalPage } from './support/terminal-page.ts';

const commands = 200;
const reads = 50;
const pods = 20;
const keys = 200;
const warmUp = 20;
const mebibyte = 1_048_576;

/** What the local sandbox costs: a command against a bare process, a start, a file, an idle pod, and a terminal's echo. */
export const sandbox: Benchmark = {
  name: 'sandbox',
  async run(): Promise<Outcome> {
    const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-bench-sandbox-'));
    const sandboxes = createLocalSandboxes({ dataDir, limits: { pods: pods + 1 } });
    try {
      const health = await sandboxes.selfTest();
      if (!health.ok) return { skipped: `${health.reason} ${health.remedy}` };
      const figures = [
        ...(await commandFigures(sandboxes)),
        ...(await startFigures(sandboxes)),
        await readFigure(sandboxes),
        ...(await terminalFigures()),
      ];
      return { figures };
    } finally {
      await sandboxes.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};

/** In turns, so that both meet the same load of the machine. */
async function commandFigures(sandboxes: LocalSandboxes): Promise<Figure[]> {
  const opened = await sandboxes.open('commands');
  const [bare, inside]: [number[], number[]] = [[], []];
  for (let count = 0; count < commands + warmUp; count += 1) {
    bare.push(await timed(() => once(spawn('/bin/bash', ['-c', 'true'], { stdio: 'pipe' }), 'close')));
    inside.push(await timed(() => opened.exec('true')));
  }
  await opened.destroy();
  const [alone, podded] = [median(bare.slice(warmUp)), median(inside.slice(warmUp))];
  return [
    { name: 'bare process, median', value: alone, unit: 'ms' },
    { name: 'command in the sandbox, median', value: podded, unit: 'ms' },
    { name: 'times a bare process', value: podded / alone, unit: 'x', bar: 2 },
  ];
}

/** One after the other; then all of them idle. What they share of their memory counts once for all. */
async function startFigures(sandboxes: LocalSandboxes): Promise<Figure[]> {
  const times: number[] = [];
  const before = new Set(childrenOf(process.pid));
  for (let count = 0; count < pods; count += 1)
    times.push(await timed(() => sandboxes.open(`idle-${count}`)));
  await sleep(1_000);
  const started = childrenOf(process.pid).filter((pid) => !before.has(pid));
  const kilobytes = started.reduce((sum, pid) => sum + proportionalKilobytes(pid), 0);
  for (let count = 0; count < pods; count += 1) await sandboxes.remove(`idle-${count}`);
  return [
    { name: 'start, median', value: median(times), unit: 'ms', bar: 400 },
    { name: `memory of each of ${pods} idle`, value: kilobytes / 1_024 / pods, unit: 'MB', bar: 25 },
  ];
}

async function readFigure(sandboxes: LocalSandboxes): Promise<Figure> {
  const opened = await sandboxes.open('files');
  await opened.files.write('large', Buffer.alloc(mebibyte, 7));
  const times: number[] = [];
  for (let count = 0; count < reads; count += 1) times.push(await timed(() => opened.files.read('large')));
  await opened.destroy();
  return { name: 'read 1 MB, median', value: median(times), unit: 'ms', bar: 10 };
}

/** Through the real server and its WebSocket, to a page that draws at once. */
async function terminalFigures(): Promise<Figure[]> {
  const crosspoint = await Crosspoint.start();
  try {
    const { threadId } = await crosspoint.say({ message: 'Hello.' });
    const page = await TerminalPage.open(crosspoint, threadId);
    const quiet = await echoes(page);
    const flows = page.shows('flood\r\nflood\r\n');
    await page.type('\u0015yes flood &\n');
    await flows;
    const flooded = await echoes(page);
    page.close();
    const name = 'terminal echo under a flood';
    return [
      { name: 'terminal echo, median', value: median(quiet), unit: 'ms' },
      { name: `${name}, median`, value: median(flooded), unit: 'ms' },
      { name: `${name}, 95th percentile`, value: percentile(flooded, 0.95), unit: 'ms', bar: 20 },
    ];
  } finally {
    await crosspoint.remove();
  }
}

async function echoes(page: TerminalPage): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < keys; count += 1) {
    // A letter that nothing else prints.
    times.push(await timed(() => Promise.all([page.shows('Q'), page.type('Q')])));
    await sleep(5);
  }
  return times.slice(warmUp);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}
