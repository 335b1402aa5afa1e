import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { ownerId } from '#server/http/services.ts';
import { openStore } from '#server/store/open-store.ts';
import { threadRow, writeTurn } from '#server/store/testing/sample-rows.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { mockProvider } from './support/process.ts';
import { median, type Benchmark, type Outcome } from './support/figures.ts';

const executable = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const opens = 5;
/** What is loaded after the first paint has come by then. */
const settleMs = 2_000;
/** Each turn of the sample has four messages. */
const turns = 250;

/** What the first page costs to load, and how long a thread of 1,000 messages takes to open in a real browser. */
export const page: Benchmark = {
  name: 'page',
  async run(): Promise<Outcome> {
    if (!existsSync(executable)) return { skipped: `there is no browser at ${executable}` };
    const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-bench-page-'));
    await writeThread(dataDir);
    const crosspoint = await Crosspoint.start(mockProvider('http://127.0.0.1:9'), dataDir);
    const browser = await chromium.launch({
      executablePath: executable,
      args: ['--no-sandbox', '--disable-quic'],
    });
    try {
      const context = await browser.newContext();
      const scriptBytes = await firstLoad(context, crosspoint);
      const times = await openings(context, crosspoint);
      return {
        figures: [
          {
            name: 'JavaScript of the first load, compressed',
            value: scriptBytes / 1_000,
            unit: 'kB',
            bar: 150,
          },
          { name: 'a 1,000-message thread opens in, median', value: median(times), unit: 'ms', bar: 1_000 },
        ],
      };
    } finally {
      await browser.close();
      await crosspoint.remove();
    }
  },
};

async function writeThread(dataDir: string): Promise<void> {
  const store = await openStore(dataDir);
  await store.threads.create({ ...threadRow('t', ownerId), title: 'A long thread', titled: true });
  for (let turn = 1; turn <= turns; turn += 1) await writeTurn(store, turn);
  await store.close();
}

/** Bytes on the wire of every script that the first page asks for, signed in. */
async function firstLoad(context: BrowserContext, crosspoint: Crosspoint): Promise<number> {
  const page = await context.newPage();
  let bytes = 0;
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script' && !response.url().endsWith('.js')) return;
    bytes += Number(response.headers()['content-length'] ?? 0);
  });
  await page.goto(crosspoint.link);
  await page.getByRole('textbox').first().waitFor();
  await page.waitForTimeout(settleMs);
  if (bytes === 0) throw new Error('No script had a length.');
  return bytes;
}

async function openings(context: BrowserContext, crosspoint: Crosspoint): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < opens; count += 1) {
    const page = await context.newPage();
    times.push(await opening(page, crosspoint));
    await page.close();
  }
  return times;
}

/** Until the end of the thread can be read. */
async function opening(page: Page, crosspoint: Crosspoint): Promise<number> {
  const startedAt = performance.now();
  await page.goto(`${crosspoint.origin}/t/t`);
  await page
    .getByRole('article', { name: /^Answer/ })
    .last()
    .waitFor();
  return performance.now() - startedAt;
}
