import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { FileContentAnswer } from '#protocol/answers.ts';
import type { Page } from 'playwright-core';
import { assertFineEverywhere } from './browser.ts';
import { beginThread, openDesk, openPanel, type Desk } from './desk.ts';

let desk: Desk;
let page: Page;
let threadId: string;
before(async () => {
  desk = await openDesk(() => ({ text: 'Good day.' }));
  ({ page, threadId } = await beginThread(desk, desk.visited.page, 'hello'));
  await page.getByRole('log').getByText('Good day.').waitFor();
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  // A refused save is an error of the console, and what these tests are about.
  const complaints = desk.visited.complaints.filter((text) => !/ 40[49] /.test(text));
  assert.deepEqual(complaints, []);
});
after(() => desk.close());

const files = () => `/api/threads/${threadId}/files/content`;
const content = async (path: string) =>
  (await desk.crosspoint.api<FileContentAnswer>('GET', `${files()}?path=${encodeURIComponent(path)}`))
    .content;
/** As somebody else does it. */
const write = (path: string, text: string) => desk.crosspoint.api('PUT', files(), { path, content: text });
const list = () => page.getByRole('group', { name: 'Files of the workspace' });
const editor = (path: string) => page.getByRole('textbox', { name: path, exact: true });
const unsaved = () => page.getByRole('img', { name: 'not saved' });
const saveButton = () => page.getByRole('button', { name: 'Save', exact: true });
const conflict = () => page.getByRole('dialog', { name: /^Two versions of/ });

async function openFile(path: string): Promise<void> {
  const back = page.getByRole('button', { name: 'Back to the files' });
  if (await back.isVisible()) await back.click();
  await list()
    .getByRole('button', { name: new RegExp(`^${path}`) })
    .click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.locator(':focus').and(editor(path)).waitFor();
}

test('a person makes a file, writes, sees that it is not saved, and saves it with Ctrl+S', async () => {
  await openPanel(page, 'Files');
  await list().getByRole('button', { name: 'New file…' }).click();
  await page.getByRole('textbox', { name: 'Path' }).fill('notes/today.md');
  await page.getByRole('button', { name: 'Make the file' }).click();
  await page.locator(':focus').and(editor('notes/today.md')).waitFor();
  await page.keyboard.type('# Today');
  await unsaved().waitFor();
  assert.equal(await content('notes/today.md'), '');
  await page.keyboard.press('Control+s');
  await unsaved().waitFor({ state: 'detached' });
  assert.equal(await content('notes/today.md'), '# Today');
  await assertFineEverywhere(page, 'an open file');
});

test('what is not saved is still there after another tab and the list were looked at', async () => {
  await editor('notes/today.md').focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' and later');
  await openPanel(page, 'Cost');
  await openPanel(page, 'Files');
  await unsaved().waitFor();
  await page.getByRole('button', { name: 'Back to the files' }).click();
  await list()
    .getByRole('button', { name: /^today\.md.*not saved/ })
    .waitFor();
  await assertFineEverywhere(page, 'the list of files');
  await list()
    .getByRole('button', { name: /^today\.md/ })
    .click();
  await editor('notes/today.md').getByText('# Today and later').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  await editor('notes/today.md').getByText('# Today', { exact: true }).waitFor();
  assert.equal(await content('notes/today.md'), '# Today');
});

test('the line ends of a file stay as they were, and its byte order mark', async () => {
  await write('windows.txt', 'one\r\ntwo\r\n');
  await write('mixed.txt', 'one\r\ntwo\n');
  await write('mark.txt', '\ufeffone\n');
  await page.getByRole('button', { name: 'Back to the files' }).click();
  await list().getByRole('button', { name: 'Look again' }).click();
  for (const [path, expected] of [
    ['windows.txt', 'zero\r\none\r\ntwo\r\n'],
    ['mixed.txt', 'zero\none\r\ntwo\n'],
    ['mark.txt', '\ufeffzero one\n'],
  ] as const) {
    await openFile(path);
    await page.keyboard.press('Control+Home');
    if (path === 'mark.txt') await page.keyboard.press('ArrowRight');
    await page.keyboard.type('zero');
    await page.keyboard.press(path === 'mark.txt' ? 'Space' : 'Enter');
    await saveButton().click();
    await unsaved().waitFor({ state: 'detached' });
    assert.equal(await content(path), expected);
  }
});

test('a file that somebody else changed is not written over: mine, theirs, or both made into one', async () => {
  const path = 'plan.txt';
  const begin = async (theirs: string) => {
    await write(path, 'first\nsecond\nthird\n');
    if (!(await list().isVisible())) await page.getByRole('button', { name: 'Back to the files' }).click();
    await list().getByRole('button', { name: 'Look again' }).click();
    await openFile(path);
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('my ');
    await write(path, theirs);
    await page.keyboard.press('Control+s');
    await conflict()
      .getByRole('group', { name: /^Theirs and yours/ })
      .waitFor();
  };
  await begin('first\nsecond\ntheir third\n');
  await assertFineEverywhere(page, 'two versions of a file');
  await conflict().getByRole('button', { name: 'Keep mine' }).click();
  await unsaved().waitFor({ state: 'detached' });
  assert.equal(await content(path), 'my first\nsecond\nthird\n');

  await begin('first\nsecond\ntheir third\n');
  await conflict().getByRole('button', { name: 'Take theirs' }).click();
  await editor(path).getByText('their third').waitFor();
  await unsaved().waitFor({ state: 'detached' });
  assert.equal(await content(path), 'first\nsecond\ntheir third\n');

  await begin('first\nsecond\ntheir third\n');
  await conflict().getByRole('button', { name: 'Merge by hand' }).click();
  await conflict().getByRole('button', { name: 'Take theirs' }).last().click();
  await assertFineEverywhere(page, 'a merge');
  await conflict().getByRole('button', { name: 'Save the merged version' }).click();
  await unsaved().waitFor({ state: 'detached' });
  assert.equal(await content(path), 'my first\nsecond\ntheir third\n');
});

test('a file that was deleted while it was edited can be kept or let go', async () => {
  await write('gone.txt', 'here');
  await page.getByRole('button', { name: 'Back to the files' }).click();
  await list().getByRole('button', { name: 'Look again' }).click();
  await openFile('gone.txt');
  await page.keyboard.type('still ');
  await desk.crosspoint.api('DELETE', `/api/threads/${threadId}/files?path=gone.txt`);
  await saveButton().click();
  await conflict().getByText('was deleted meanwhile').waitFor();
  await conflict().getByRole('button', { name: 'Keep mine' }).click();
  await unsaved().waitFor({ state: 'detached' });
  assert.equal(await content('gone.txt'), 'still here');
});

test('a file is deleted only after a question', async () => {
  await page.getByRole('button', { name: 'Back to the files' }).click();
  await list()
    .getByRole('button', { name: /^More about gone\.txt/ })
    .click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  assert.equal(await content('gone.txt'), 'still here');
  await list()
    .getByRole('button', { name: /^More about gone\.txt/ })
    .click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await list()
    .getByRole('button', { name: /^gone\.txt/ })
    .waitFor({ state: 'detached' });
  const answer = await desk.crosspoint.request('GET', `${files()}?path=gone.txt`);
  assert.equal(answer.status, 404);
});
