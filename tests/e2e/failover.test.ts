import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Answer, Asked, Providers } from '#tests/upstreams/index.ts';
import type { Crosspoint } from '#tests/support/crosspoint.ts';
import { assertAccessible, assertFits, visit, type Visit } from './browser.ts';
import { beginThread, openDesk, type Desk } from './desk.ts';

/** Appends to a file, and ends when it has its result. */
function model({ lastUserText, step, model: name }: Asked): Answer {
  const served = /elsewhere/.test(lastUserText) ? { servedModel: 'gpt-4.1-nano-2025-04-14' } : {};
  if (step > 0 || /hello/.test(lastUserText)) return { text: `${name} is done.`, ...served };
  return {
    text: 'I append a line.',
    calls: [{ name: 'run_terminal_command', args: { command: 'echo line >> log.txt' } }],
    ...served,
  };
}

let desk: Desk;
let providers: Providers;
let crosspoint: Crosspoint;
let visited: Visit;
before(async () => {
  desk = await openDesk(model);
  ({ providers, crosspoint, visited } = desk);
});
afterEach(() => {
  assert.deepEqual(providers.mistakes, []);
  assert.deepEqual(providers.refusals, []);
  assert.deepEqual(visited.complaints, []);
});
after(() => desk.close());

const begin = (text: string, { page } = visited) => beginThread(desk, page, text);

async function send(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

const said = (page: Page, text: string | RegExp) => page.getByRole('log').getByText(text).last().waitFor();
const settings = (page: Page) => page.getByRole('button', { name: /^If the model fails/ });

/** Adds a model to the chain through the picker. */
async function addFallback(page: Page, search: string, label: RegExp): Promise<void> {
  await settings(page).click();
  await page.getByRole('button', { name: /^Add/ }).click();
  await page.getByRole('combobox', { name: 'Search models' }).fill(search);
  await page.keyboard.press('Enter');
  // Saved: a second one that is added before would take the place of this one.
  await page.getByRole('button', { name: label }).waitFor();
}

/** The whole story, in a window of any size. */
async function story(where: string, visit: Visit): Promise<void> {
  const { page, threadId } = await begin('Do it.', visit);
  await page.getByRole('region', { name: 'Review' }).getByText('echo line').waitFor();
  await addFallback(page, 'claude-sonnet-4-6', /^If the model fails: .*Sonnet 4\.6/);
  await settings(page).click();
  await page.getByRole('list', { name: 'Fallback models' }).waitFor();
  await assertAccessible(page, `${where}, fallback settings`);
  await assertFits(page);
  await page.keyboard.press('Escape');
  await providers.openai.stop();
  try {
    await page
      .getByRole('region', { name: 'Review' })
      .getByRole('button', { name: /^Approve/ })
      .first()
      .click();
    await said(page, 'claude-sonnet-4-6 is done.');
  } finally {
    await providers.openai.start();
  }
  const seam = page.getByRole('log').getByText(/because GPT-4\.1 failed: OpenAI cannot be reached/);
  await seam.waitFor();
  const files = await crosspoint.api<{ content: string }>(
    'GET',
    `/api/threads/${threadId}/files/content?path=log.txt`,
  );
  assert.equal(files.content, 'line\n');
  await assertAccessible(page, `${where}, after a failover`);
  await assertFits(page);
  await page.reload();
  await seam.waitFor();
  await page.getByRole('button', { name: 'Back to GPT-4.1' }).click();
  await page.getByRole('button', { name: /^Model: GPT-4\.1/ }).waitFor();
  await send(page, 'Say hello.');
  await said(page, 'gpt-4.1 is done.');
}

test('the provider goes away in the middle of a turn: the next model continues, the seam shows, one click goes back', () =>
  story('desktop', visited));

test('the same on a phone', async () => {
  const phone = await visit(desk.browser, await crosspoint.newLink(), { size: 'phone' });
  try {
    await phone.page.getByRole('textbox', { name: 'Message' }).waitFor();
    await story('phone', phone);
    assert.deepEqual(phone.complaints, []);
  } finally {
    await phone.context.close();
  }
});

test('when all of the chain failed, the failure offers the next of it by name', async () => {
  const { page } = await begin('Say hello.');
  await said(page, 'gpt-4.1 is done.');
  await addFallback(page, 'claude-sonnet-4-6', /^If the model fails: .*Sonnet 4\.6$/);
  await addFallback(page, 'gpt-oss-120b', /Sonnet 4\.6, then GPT-OSS 120B/);
  const away = [providers.openai, providers.anthropic, providers.groq];
  await Promise.all(away.map((provider) => provider.stop()));
  try {
    await send(page, 'Say hello again.');
    await page.getByText(/3 models were tried/).waitFor();
  } finally {
    await Promise.all(away.map((provider) => provider.start()));
  }
  await page.getByRole('button', { name: /^Continue with Claude Sonnet 4\.6/ }).click();
  await said(page, 'claude-sonnet-4-6 is done.');
});

test('another model than was asked is in red at the answer and in the usage; a thread set to it pauses, and goes on', async () => {
  const { page, threadId } = await begin('Say hello elsewhere.');
  await page
    .getByRole('contentinfo', { name: 'About this answer' })
    .or(page.getByLabel('About this answer'))
    .getByText('asked openai/gpt-4.1, served gpt-4.1-nano-2025-04-14')
    .waitFor();
  await settings(page).click();
  const pause = page.getByRole('switch', { name: /Pause when another model answers/ });
  await pause.click();
  await page.getByRole('switch', { name: /^Pause/, checked: true }).waitFor();
  await page.keyboard.press('Escape');
  await send(page, 'Do it elsewhere.');
  await page.getByText(/The run paused after that answer/).waitFor();
  const { toolCalls, pauseOnMismatch } = await crosspoint.thread(threadId);
  assert.equal(pauseOnMismatch, true);
  assert.deepEqual(
    toolCalls.map(({ status }) => status),
    ['not_run'],
  );
  await assertAccessible(page, 'a paused thread');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByRole('region', { name: 'Review' }).getByText('echo line').waitFor();
  await page.goto(`${crosspoint.origin}/usage`);
  await page.getByText('asked openai/gpt-4.1, served gpt-4.1-nano-2025-04-14').waitFor();
  await assertAccessible(page, 'usage');
});
