import { mkdirSync } from 'node:fs';
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Recordings of failed and of finished scenarios: open one with `npx playwright-core show-trace`. */
export const outputFolder = 'tests/e2e/output';

export const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
    ],
  });
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What the page complained about, and every request that left this machine. */
  complaints: string[];
}

/** A page of its own profile, in which every complaint is kept. */
export async function visit(
  browser: Browser,
  link: string,
  options: { size?: keyof typeof sizes; dark?: boolean } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: sizes[options.size ?? 'desktop'],
    colorScheme: options.dark ? 'dark' : 'light',
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints = listen(page);
  await page.goto(link);
  return { context, page, complaints };
}

export function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    // A preview has a host of its own, below localhost.
    const isHere = hostname === 'localhost' || hostname.endsWith('.localhost');
    if (protocol.startsWith('http') && !isHere) complaints.push(`a request to ${hostname}`);
  });
  return complaints;
}

/** Runs a scenario and keeps its recording: pictures, steps and requests. */
export async function recorded(
  name: string,
  { context }: Visit,
  scenario: () => Promise<void>,
): Promise<void> {
  mkdirSync(outputFolder, { recursive: true });
  await context.tracing.start({ screenshots: true, snapshots: true });
  try {
    await scenario();
  } finally {
    await context.tracing.stop({ path: `${outputFolder}/${name}.zip` });
  }
}

/** Nothing serious for people who use a screen reader, a keyboard, or need contrast (axe, WCAG 2.2 AA). */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(
    serious.map(
      ({ id, nodes }) => `${where}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    ),
    [],
  );
}

/** Nothing is larger than the window: no side-scrolling on a phone, and only parts of the page scroll. A window that was just resized is laid out first. */
export async function assertFits(page: Page): Promise<void> {
  const [width = 0, innerWidth = 0, height = 0, innerHeight = 0] = await page.evaluate<number[]>(
    `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
      done([document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight, innerHeight]))))`,
  );
  assert.ok(width <= innerWidth, `the page is ${width} wide in a window of ${innerWidth}`);
  assert.ok(height <= innerHeight, `the page is ${height} high in a window of ${innerHeight}`);
}

/** Both of the above on a desktop and on a phone, light and dark; then as it was. */
export async function assertFineEverywhere(page: Page, where: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      await assertFits(page);
      await assertAccessible(page, `${where}, ${colorScheme} ${size}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(sizes.desktop);
}
