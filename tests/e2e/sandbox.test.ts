import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { E2bService } from '#tests/support/e2b/service.ts';
import { cannotStartMachines } from '#tests/support/machine/machine.ts';
import { eventually } from '#tests/support/eventually.ts';
import { assertFineEverywhere } from './browser.ts';
import { fileText, openDesk, openPanel, openThread, type Desk } from './desk.ts';

const skip = cannotStartMachines();
let service: E2bService;
let desk: Desk;
let page: Page;
let threadId: string;
before(async () => {
  service = await E2bService.start();
  const write = { name: 'write_file', args: { path: 'kept.txt', content: 'kept\n' } };
  desk = await openDesk(({ step }) => (step === 0 ? { calls: [write] } : { text: 'Written.' }), {
    E2B_API_KEY: service.apiKey,
    E2B_API_URL: service.url,
    E2B_SANDBOX_URL: service.url,
  });
  ({ page } = desk.visited);
  threadId = await openThread(desk, page, 'Write something.');
  await page.getByRole('log').getByText('Written.').waitFor();
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.visited.complaints, []);
  assert.deepEqual(service.unknown, []);
});
after(async () => {
  await desk.close();
  await service.close();
});

const badge = () => page.getByRole('button', { name: /^Sandbox: / });
const card = () => page.getByRole('dialog', { name: /^Sandbox: / });

test('the pane says where the commands run, how the sandbox is and what it reaches', { skip }, async () => {
  await openPanel(page, 'Files');
  await page.getByRole('button', { name: 'Sandbox: this machine, running' }).click();
  await card().getByText('none', { exact: true }).waitFor();
  await card().getByText('not yet', { exact: true }).or(card().getByText(/^\d/)).first().waitFor();
  await card().getByRole('button', { name: 'Move to E2B' }).waitFor();
  await page.keyboard.press('Escape');
});

test('a thread moves to another sandbox with its files, and says so', { skip }, async () => {
  await badge().click();
  await card().getByRole('button', { name: 'Move to E2B' }).click();
  await page.getByRole('button', { name: 'Sandbox: E2B, running' }).waitFor();
  await page.getByRole('note').getByText('The workspace moved from this machine to E2B').waitFor();
  await card().getByRole('button', { name: 'Move to this machine' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(service.sandboxes.size, 1);
  assert.equal(await fileText(desk, threadId, 'kept.txt'), 'kept\n');
  await assertFineEverywhere(page, 'a thread that moved');
});

test(
  'a sandbox that was lost is replaced, and the conversation says what is not there any more',
  { skip },
  async () => {
    await Promise.all([...service.sandboxes.keys()].map((id) => service.kill(id)));
    const note = page.getByRole('note', { name: 'The sandbox was replaced' });
    // Of a sandbox that has just answered it is not asked each time whether it still exists.
    await eventually('the sandbox is replaced', async () => {
      const looked = page.waitForResponse((answer) => answer.url().includes('/files?path='));
      await page.getByRole('button', { name: 'Look again' }).click();
      await looked;
      return note.isVisible();
    });
    // Until then the list said that the sandbox is gone.
    desk.visited.complaints.length = 0;
    await note.getByText(/Its files are those of/).waitFor();
    await note.getByRole('list').getByRole('listitem').first().waitFor();
    await page.getByRole('group', { name: 'Files of the workspace' }).getByText('kept.txt').waitFor();
    assert.equal(await fileText(desk, threadId, 'kept.txt'), 'kept\n');
    await assertFineEverywhere(page, 'a thread whose sandbox was lost');
  },
);
