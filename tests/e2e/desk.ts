import type { Browser, Page } from 'playwright-core';
import { startProviders, type Providers, type Script } from '#tests/upstreams/index.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { launch, visit, type Visit } from './browser.ts';

/** A person at the real server, signed in, with the stand-ins of the providers behind it. */
export interface Desk {
  browser: Browser;
  providers: Providers;
  crosspoint: Crosspoint;
  visited: Visit;
  close(): Promise<void>;
}

/**
 * @param script what the models answer; a new thread begins with OpenAI's gpt-4.1
 * @param env what else the server is started with
 */
export async function openDesk(script: Script, env: Record<string, string> = {}): Promise<Desk> {
  const providers = await startProviders({ script });
  const crosspoint = await Crosspoint.start({
    ...providers.env(),
    DEFAULT_MODEL_PROVIDER: 'openai',
    DEFAULT_MODEL: 'gpt-4.1',
    ...env,
  });
  // Only now: a browser would hold the process of a test whose server did not start.
  const browser = await launch();
  const visited = await visit(browser, crosspoint.link);
  await messageBox(visited.page).waitFor();
  return {
    browser,
    providers,
    crosspoint,
    visited,
    async close() {
      await browser.close();
      await crosspoint.remove();
      await providers.close();
    },
  };
}

export const messageBox = (page: Page) => page.getByRole('textbox', { name: 'Message' });

/** Begins a new thread with this message; gives the page and the thread's id. */
export async function beginThread(
  { crosspoint }: Pick<Desk, 'crosspoint'>,
  page: Page,
  text: string,
): Promise<{ page: Page; threadId: string }> {
  await page.goto(crosspoint.origin);
  await messageBox(page).fill(text);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/t\//);
  return { page, threadId: new URL(page.url()).pathname.split('/').at(-1) ?? '' };
}

/** A thread whose run needs no approval and has ended, shown in the page. */
export async function openThread(
  { crosspoint }: Pick<Desk, 'crosspoint'>,
  page: Page,
  text: string,
): Promise<string> {
  const { threadId } = await crosspoint.say({ message: text, approvalMode: 'auto' });
  await page.goto(`${crosspoint.origin}/t/${threadId}`);
  await page.getByRole('log').waitFor();
  return threadId;
}

/** What a file of the workspace holds; null: there is none. */
export async function fileText(
  { crosspoint }: Pick<Desk, 'crosspoint'>,
  threadId: string,
  path: string,
): Promise<string | null> {
  const address = `/api/threads/${threadId}/files/content?path=${encodeURIComponent(path)}`;
  const answer = await crosspoint.request('GET', address);
  if (answer.status === 404) return null;
  return ((await answer.json()) as { content: string }).content;
}

/** Opens a tab of the right pane, which may be closed. */
export async function openPanel(
  page: Page,
  tab: 'Files' | 'Changes' | 'Terminal' | 'Preview' | 'Cost',
): Promise<void> {
  const there = page.getByRole('tab', { name: tab, exact: true });
  if (!(await there.isVisible())) await page.getByRole('button', { name: 'Workspace', exact: true }).click();
  await there.click();
}

export const terminalScreen = (page: Page) => page.getByRole('tabpanel', { name: /^Terminal \d$/ });

/** Types a line into the terminal that is shown. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await terminalScreen(page)
    .getByRole('textbox', { name: /^Terminal \d/ })
    .focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** The rows that the terminal shows contain this: a row is a line of the screen, not of the output. */
export const terminalShows = (page: Page, text: string | RegExp) =>
  terminalScreen(page).locator('.xterm-rows > div').filter({ hasText: text }).first().waitFor();
