import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { assertFineEverywhere } from './browser.ts';
import { fileText, messageBox, openDesk, openThread, type Desk } from './desk.ts';

/** Writes what the person names: "set a.txt to one". */
function model({ step, lastUserText }: Asked): Answer {
  const [, path, content] = /set (\S+) to (\w+)/.exec(lastUserText) ?? [];
  if (step === 0 && path && content)
    return { calls: [{ name: 'write_file', args: { path, content: `${content}\n` } }] };
  return { text: `Done: ${lastUserText}` };
}

let desk: Desk;
let page: Page;
before(async () => {
  desk = await openDesk(model);
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const log = () => page.getByRole('log');
const steps = () => page.getByRole('group', { name: 'Files of this step' });
const takenBack = () => page.getByRole('note', { name: 'Files taken back' });
const dialog = () => page.getByRole('dialog', { name: 'Rewind to before this message' });

async function begin(...texts: string[]): Promise<string> {
  const [first = '', ...others] = texts;
  const threadId = await openThread(desk, page, first);
  await log().getByText(`Done: ${first}`).waitFor();
  for (const text of others) {
    await messageBox(page).fill(text);
    await page.keyboard.press('Enter');
    await log().getByText(`Done: ${text}`).waitFor();
  }
  return threadId;
}

async function rewindTo(text: string): Promise<void> {
  const message = page.getByRole('article', { name: 'You' }).filter({ hasText: text });
  await message.hover();
  await message.getByRole('button', { name: 'Rewind to here…' }).click();
}

test('a step is undone and done again, from the conversation', async () => {
  const threadId = await begin('set a.txt to one', 'set a.txt to two');
  await steps().last().getByRole('button', { name: 'Undo this step' }).focus();
  await page.keyboard.press('Enter');
  await page.locator(':focus').and(steps().last().getByText('undone')).waitFor();
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'one\n');
  await takenBack().getByText('A step was undone: 1 file.').waitFor();
  await assertFineEverywhere(page, 'a step that was undone');
  await takenBack().first().getByRole('button', { name: 'Undo' }).click();
  await takenBack().nth(1).getByText('What was taken back is there again: 1 file.').waitFor();
  await steps().last().getByRole('button', { name: 'Undo this step' }).waitFor();
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'two\n');
  await page.reload();
  await takenBack().first().getByText('undone', { exact: true }).waitFor();
});

test('what somebody else changed since is shown, and kept or written over as the person says', async () => {
  const threadId = await begin('set a.txt to one', 'set a.txt to two');
  await desk.crosspoint.api('PUT', `/api/threads/${threadId}/files/content`, {
    path: 'a.txt',
    content: 'mine\n',
  });
  const undo = page.getByRole('dialog', { name: 'Undo this step' });
  await steps().last().getByRole('button', { name: 'Undo this step' }).click();
  await undo.getByText('changed since, kept').waitFor();
  await assertFineEverywhere(page, 'a conflict');
  await undo.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'mine\n');
  await steps().last().getByRole('button', { name: 'Undo this step' }).click();
  await undo.getByRole('radio', { name: /Write over it/ }).check();
  await undo.getByRole('button', { name: 'Undo', exact: true }).click();
  await undo.waitFor({ state: 'detached' });
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'one\n');
  await takenBack().last().getByRole('button', { name: 'Undo' }).click();
  await takenBack().nth(1).waitFor();
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'mine\n', 'what was written over had been saved');
});

test('files and conversation go back to before a message, whose words are in the composer again', async () => {
  const threadId = await begin('set a.txt to one', 'set b.txt to two', 'set a.txt to three');
  await rewindTo('set b.txt to two');
  const planned = dialog().getByRole('list', { name: 'Files that would change' });
  await planned.getByText('a.txt').waitFor();
  await planned.getByText('b.txt').waitFor();
  await assertFineEverywhere(page, 'what a rewind would do');
  await dialog().getByRole('button', { name: 'Rewind', exact: true }).click();
  await log().getByText('Done: set b.txt to two').waitFor({ state: 'detached' });
  assert.deepEqual(
    [await fileText(desk, threadId, 'a.txt'), await fileText(desk, threadId, 'b.txt')],
    ['one\n', null],
  );
  desk.visited.complaints.length = 0;
  assert.equal(await messageBox(page).inputValue(), 'set b.txt to two');
  await page.locator(':focus').and(messageBox(page)).waitFor();
  await messageBox(page).fill('set c.txt to four');
  await page.keyboard.press('Enter');
  await log().getByText('Done: set c.txt to four').waitFor();
  assert.equal(await fileText(desk, threadId, 'c.txt'), 'four\n');
});

test('only the files go back, and come again', async () => {
  const threadId = await begin('set a.txt to one', 'set a.txt to two');
  await rewindTo('set a.txt to two');
  await dialog()
    .getByRole('radio', { name: /Files only/ })
    .check();
  await dialog().getByRole('button', { name: 'Rewind', exact: true }).click();
  await takenBack().getByText('The files went back to before a message: 1 file.').waitFor();
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'one\n');
  await log().getByText('Done: set a.txt to two').waitFor();
  await takenBack().getByRole('button', { name: 'Undo' }).click();
  await takenBack().nth(1).waitFor();
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'two\n');
});

test('only the conversation goes back', async () => {
  const threadId = await begin('set a.txt to one', 'set a.txt to two');
  await messageBox(page).fill('and this too');
  await rewindTo('set a.txt to two');
  await dialog()
    .getByRole('radio', { name: /Conversation only/ })
    .check();
  await dialog().getByRole('button', { name: 'Rewind', exact: true }).click();
  await log().getByText('Done: set a.txt to two').waitFor({ state: 'detached' });
  assert.equal(await fileText(desk, threadId, 'a.txt'), 'two\n');
  assert.equal(await messageBox(page).inputValue(), 'set a.txt to two\n\nand this too');
});
