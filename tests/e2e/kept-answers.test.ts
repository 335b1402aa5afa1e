import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { assertFineEverywhere } from './browser.ts';
import { beginThread, messageBox, openDesk, type Desk } from './desk.ts';

let desk: Desk;
let page: Page;
before(async () => {
  let count = 0;
  desk = await openDesk(({ lastUserText }) => ({
    text: /hello/.test(lastUserText) ? 'Good day.' : `Answer number ${(count += 1)}.`,
  }));
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.providers.refusals, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const said = (text: string) => page.getByRole('log').getByText(text).last().waitFor();
const keeps = () => page.getByRole('switch', { name: 'Answer from the cache what was asked before' });

async function openCost(): Promise<void> {
  if (!(await keeps().isVisible())) await page.getByRole('button', { name: 'Workspace' }).click();
  await page.getByRole('tab', { name: 'Cost' }).click();
}

/** A thread that begins as all others, and says that it may be answered from the cache. */
async function beginKept(): Promise<string> {
  const { threadId } = await beginThread(desk, page, 'hello');
  await said('Good day.');
  await openCost();
  await keeps().click();
  await page.getByText(/for a week/).waitFor();
  return threadId;
}

/** A change of the thread, which the server has taken before anything else is done. */
async function saved(change: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === 'PATCH');
  await change();
  assert.equal((await answered).status(), 200);
}

async function send(text: string): Promise<void> {
  await messageBox(page).fill(text);
  await page.keyboard.press('Enter');
}

test('a thread that says so gets the answer that was given before, at no cost, and the cost panel tells of it', async () => {
  await beginKept();
  await assertFineEverywhere(page, 'a thread with kept answers');
  await send('What is it?');
  await said('Answer number 1.');
  await openCost();
  await page.getByText('No answer of this thread came from the cache yet.').waitFor();
  const threadId = await beginKept();
  const asked = desk.providers.requests.length;
  await send('What is it?');
  await said('Answer number 1.');
  assert.equal(desk.providers.requests.length, asked, 'nobody was asked');
  await page.getByText('1 answer of this thread came from the cache: it cost nothing.').waitFor();
  await page.getByLabel('About this answer').last().getByText('from the cache').waitFor();
  assert.equal((await desk.crosspoint.thread(threadId)).cacheAnswers, true);
  await assertFineEverywhere(page, 'an answer from the cache');
  await page.goto(`${desk.crosspoint.origin}/usage?thread=${threadId}`);
  await page.getByText(/^50 % of all, saved \$0\.0\d+/).waitFor();
  await page.getByRole('row', { name: /GPT-4\.1 .* from our cache .*\$0\.00, saved/ }).waitFor();
});

test('without it the same question is asked again', async () => {
  await beginThread(desk, page, 'hello');
  await said('Good day.');
  await send('What is it?');
  await said('Answer number 2.');
});

test('who writes the summaries of a thread is chosen beside compacting by itself, and kept', async () => {
  const threadId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const writer = page.getByRole('combobox', { name: 'The summary is written by' });
  await page.getByRole('button', { name: /^If the model fails/ }).click();
  await assertFineEverywhere(page, 'the settings of a thread');
  await saved(() => writer.selectOption('groq/openai/gpt-oss-120b'));
  await page.reload();
  await page.getByRole('button', { name: /^If the model fails/ }).click();
  assert.equal(await writer.inputValue(), 'groq/openai/gpt-oss-120b');
  assert.deepEqual((await desk.crosspoint.thread(threadId)).compactionModel, {
    provider: 'groq',
    model: 'openai/gpt-oss-120b',
  });
  await saved(() => writer.selectOption({ label: 'The model that it is for' }));
  await page.getByRole('switch', { name: /^Compact by itself/ }).click();
  await writer.waitFor({ state: 'detached' });
  assert.equal((await desk.crosspoint.thread(threadId)).compactionModel, null);
});
