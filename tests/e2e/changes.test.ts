import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { assertFineEverywhere } from './browser.ts';
import { fileText, openDesk, openPanel, openThread, messageBox, type Desk } from './desk.ts';

const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
const first = `${lines.join('\n')}\n`;
const second = `${lines.with(4, 'fifth line').with(19, 'twentieth line').join('\n')}\n`;
const write = (path: string, content: string) => ({ name: 'write_file', args: { path, content } });

/** Two turns: a file and a note; then the file in two places, a new one, and the note is gone. */
function model({ step, lastUserText }: Asked): Answer {
  const isSecond = /second/.test(lastUserText);
  if (step === 0) return { calls: [write('src/lines.txt', isSecond ? second : first)] };
  if (step === 1 && !isSecond) return { calls: [write('note.md', 'a note\n')] };
  if (step === 1)
    return { calls: [{ name: 'run_terminal_command', args: { command: 'echo new > new.txt; rm note.md' } }] };
  return { text: `Done: ${lastUserText}` };
}

let desk: Desk;
let page: Page;
let threadId: string;
before(async () => {
  desk = await openDesk(model);
  ({ page } = desk.visited);
  threadId = await openThread(desk, page, 'the first turn');
  await page.getByRole('log').getByText('Done: the first turn').waitFor();
  await messageBox(page).fill('the second turn');
  await page.keyboard.press('Enter');
  await page.getByRole('log').getByText('Done: the second turn').waitFor();
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const changed = () => page.getByRole('group', { name: 'Changed files' });
const file = (path: string) => changed().getByRole('button', { name: new RegExp(`: *${path}`) });
const scope = () => page.getByRole('combobox', { name: 'Changes of' });
const hunk = (name: string) => changed().getByRole('group', { name, exact: true });
const told = () => page.getByRole('status').filter({ has: page.getByRole('button', { name: 'Undo' }) });

test('the tab says what changed since the start, and in the last turn', async () => {
  await openPanel(page, 'Changes');
  await file('src/lines.txt').getByText('+30').waitFor();
  await file('new.txt').getByText('+1').waitFor();
  assert.equal(await file('note.md').count(), 0, 'what came and went since is no change');
  await scope().selectOption('Last turn');
  await file('src/lines.txt').getByText('+2').waitFor();
  await changed()
    .getByRole('button', { name: /deleted: *note.md/ })
    .waitFor();
});

test('a file is compared line by line, below each other or side by side', async () => {
  await file('src/lines.txt').click();
  await hunk('Line 5').getByText('fifth line').waitFor();
  await hunk('Line 20').getByText('twentieth line').waitFor();
  await assertFineEverywhere(page, 'changes');
  await page.getByRole('button', { name: 'Side by side' }).click();
  const placesOf = () =>
    Promise.all(['removed:', 'added:'].map((text) => hunk('Line 5').getByText(text).boundingBox()));
  const [left, right] = await placesOf();
  assert.ok(left && right && left.y === right.y && left.x < right.x, JSON.stringify([left, right]));
  await assertFineEverywhere(page, 'changes side by side');
  await page.setViewportSize({ width: 390, height: 844 });
  await hunk('Line 5').waitFor();
  const [above, below] = await placesOf();
  assert.ok(above && below && above.y < below.y, 'a phone has no room for both');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Side by side' }).click();
});

test('one place of a file is reverted, the other stays; and that can be undone', async () => {
  await hunk('Line 5').getByRole('button', { name: 'Revert' }).click();
  await told().getByText('Line 5 of src/lines.txt reverted.').waitFor();
  await hunk('Line 5').getByText('reverted').waitFor();
  await hunk('Line 20').getByRole('button', { name: 'Revert' }).waitFor();
  assert.equal(await fileText(desk, threadId, 'src/lines.txt'), second.replace('fifth line', 'line 5'));
  await page
    .getByRole('note', { name: 'Files taken back' })
    .getByText('A change was reverted: 1 file.')
    .waitFor();
  await told().getByRole('button', { name: 'Undo' }).click();
  await hunk('Line 5').getByRole('button', { name: 'Revert' }).waitFor();
  assert.equal(await fileText(desk, threadId, 'src/lines.txt'), second);
});

test('what somebody else changed meanwhile is not reverted unseen', async () => {
  const address = `/api/threads/${threadId}/files/content`;
  await desk.crosspoint.api('PUT', address, {
    path: 'src/lines.txt',
    content: second.replace('line 30', 'mine'),
  });
  await hunk('Line 5').getByRole('button', { name: 'Revert' }).click();
  await page
    .getByRole('alert')
    .getByText(/was changed by somebody else/)
    .waitFor();
  desk.visited.complaints.length = 0;
  await hunk('Line 5').getByRole('button', { name: 'Revert' }).click();
  await told().getByText('Line 5 of src/lines.txt reverted.').waitFor();
  assert.equal(
    await fileText(desk, threadId, 'src/lines.txt'),
    second.replace('line 30', 'mine').replace('fifth line', 'line 5'),
  );
});

test('a whole file is reverted; one that is new only after a question', async () => {
  await changed().getByRole('button', { name: 'Revert note.md' }).click();
  await told().getByText('note.md reverted.').waitFor();
  assert.equal(await fileText(desk, threadId, 'note.md'), 'a note\n');
  await changed().getByRole('button', { name: 'Revert new.txt' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  assert.equal(await fileText(desk, threadId, 'new.txt'), 'new\n');
  await changed().getByRole('button', { name: 'Revert new.txt' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await told().getByText('new.txt deleted.').waitFor();
  assert.equal(await fileText(desk, threadId, 'new.txt'), null);
  await scope().selectOption('All since the start');
  await file('src/lines.txt').waitFor();
  assert.equal(await file('new.txt').count(), 0);
  await changed().getByRole('button', { name: 'Revert note.md' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await told().getByText('note.md deleted.').waitFor();
  await file('note.md').waitFor({ state: 'detached' });
  await page
    .locator(':focus')
    .and(told().getByRole('button', { name: 'Undo' }))
    .waitFor();
  desk.visited.complaints.length = 0;
});

test('a file of a step in the conversation opens what that step changed in it', async () => {
  const step = page.getByRole('group', { name: 'Files of this step' }).first();
  await step.getByRole('button', { name: /^lines\.txt/ }).click();
  await scope().locator('option:checked').getByText('Wrote src/lines.txt').waitFor({ state: 'attached' });
  await hunk('Lines 1–30').waitFor();
  await changed().getByRole('button', { name: 'Open src/lines.txt' }).click();
  await page.getByRole('textbox', { name: 'src/lines.txt' }).waitFor();
});
