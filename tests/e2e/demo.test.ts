import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { assertAccessible, assertFits, launch, recorded, visit, type Visit } from './browser.ts';

let browser: Browser;
let crosspoint: Crosspoint;
before(async () => {
  [browser, crosspoint] = await Promise.all([launch(), Crosspoint.start()]);
});
after(async () => {
  await browser.close();
  await crosspoint.remove();
});

const modelButton = (page: Page) => page.getByRole('button', { name: /^Model:/ });
const approve = (page: Page) => page.getByRole('button', { name: /^Approve/ });

/** To the demo model of the other wire, after its preview was shown. */
async function switchModel(page: Page): Promise<void> {
  await modelButton(page).click();
  const dialog = page.getByRole('dialog');
  const current = page.getByRole('img', { name: 'current model' });
  const other = dialog.getByRole('option', { name: /Scripted demo/ }).filter({ hasNot: current });
  await other.hover();
  await dialog
    .getByRole('status')
    .getByText(/tokens again/)
    .waitFor();
  await other.click();
  await dialog.waitFor({ state: 'hidden' });
}

/** No key, no service: from the first screen to a passing test, with two reviews and one switch across the wires. */
async function demoTask({ page }: Visit): Promise<void> {
  await page.getByRole('button', { name: 'Run the demo task' }).click();
  const timeline = page.getByRole('log');
  await page.getByRole('region', { name: 'Review' }).getByText('src/cart.js').first().waitFor();
  await switchModel(page);
  await approve(page).click();
  await timeline.getByRole('group', { name: 'Model switched' }).waitFor();
  await page.getByRole('region', { name: 'Review' }).getByText('node --test').first().waitFor();
  await page.keyboard.press('Control+Enter');
  await timeline.getByText(/all tests pass/).waitFor();
  await page.getByRole('region', { name: 'Review' }).waitFor({ state: 'detached' });
}

for (const size of ['desktop', 'phone'] as const)
  for (const dark of [false, true]) {
    const name = `demo-${size}-${dark ? 'dark' : 'light'}`;
    test(`the demo task runs from message to passing test, two reviews and one switch (${name})`, async () => {
      const link = await crosspoint.newLink();
      const visited = await visit(browser, link, { size, dark });
      const { page, context, complaints } = visited;
      await page.getByRole('button', { name: 'Run the demo task' }).waitFor();
      await assertAccessible(page, 'first screen');
      await recorded(name, visited, () => demoTask(visited));
      await assertAccessible(page, 'finished thread');
      await assertFits(page);
      const threadId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
      await assertReallyDone(threadId);
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

async function assertReallyDone(threadId: string): Promise<void> {
  const { toolCalls, messages } = await crosspoint.thread(threadId);
  const run = toolCalls.find(({ name }) => name === 'run_terminal_command');
  assert.deepEqual([run?.status, run?.exitCode], ['ok', 0]);
  const writers = messages.filter(({ role }) => role === 'assistant').map(({ wire }) => wire);
  assert.deepEqual([...new Set(writers)].sort(), ['anthropic-messages', 'openai-chat']);
  const events = await crosspoint.events(threadId);
  assert.equal(events.filter(({ type }) => type === 'review.requested').length, 2);
  assert.equal(events.filter(({ type }) => type === 'model.switched').length, 1);
  const file = await crosspoint.api<{ content: string }>(
    'GET',
    `/api/threads/${threadId}/files/content?path=src/cart.js`,
  );
  assert.match(file.content, /quantity >= 10/);
}
