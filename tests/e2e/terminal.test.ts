import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { eventually } from '#tests/support/eventually.ts';
import { assertFineEverywhere } from './browser.ts';
import {
  beginThread,
  messageBox,
  openDesk,
  openPanel,
  terminalScreen,
  terminalShows,
  typeLine,
  type Desk,
} from './desk.ts';

let desk: Desk;
let page: Page;
before(async () => {
  desk = await openDesk(() => ({ text: 'Good day.' }));
  ({ page } = desk.visited);
  await beginThread(desk, page, 'hello');
  await page.getByRole('log').getByText('Good day.').waitFor();
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  // Also the page's policy: what it refuses is an error of the console.
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const field = () => terminalScreen(page).getByRole('textbox', { name: /^Terminal \d/ });
const state = () => page.getByRole('status', { name: 'State of the terminal' });

test('a person types a command into a shell of the sandbox and sees what it prints, in the colours it asks for', async () => {
  await openPanel(page, 'Terminal');
  await typeLine(page, `printf '\\033[38;2;255;90;0m%s\\033[0m\\n' "six times seven is $((6 * 7))"`);
  await terminalShows(page, /^six times seven is 42/);
  // 24-bit colours are style attributes of xterm.js, which the policy refuses.
  const [colour, usual] = await page.evaluate<string[]>(`(() => {
    const rows = document.querySelector('.xterm-rows');
    const span = [...rows.querySelectorAll('span')].find(({ textContent }) => /^six times/.test(textContent));
    return [span, rows].map((node) => getComputedStyle(node).color);
  })()`);
  assert.notEqual(colour, usual);
  await assertFineEverywhere(page, 'a terminal');
});

test('Ctrl-C stops a program, and keys lead out of the terminal and into it', async () => {
  await typeLine(page, 'echo begun; sleep 600; echo not reached');
  await terminalShows(page, /^begun/);
  await page.keyboard.press('Control+c');
  await typeLine(page, 'echo "ended with $?"');
  await terminalShows(page, /^ended with 130/);
  await page.keyboard.press('Control+Shift+ArrowUp');
  await page.locator('[role=tab]:focus').getByText('Terminal 1').waitFor();
  await page.keyboard.press('Control+j');
  await page.locator(':focus').and(messageBox(page)).waitFor();
  await page.getByRole('button', { name: 'Workspace', pressed: false }).waitFor();
  await page.keyboard.press('Control+j');
  await page.locator(':focus').and(field()).waitFor();
});

test('a terminal is as wide as its pane, and has on a phone the keys that its keyboard has not', async () => {
  const columns = async () => {
    await typeLine(page, 'echo "columns: $(tput cols 2>/dev/null || stty size | cut -d" " -f2)."');
    const row = terminalScreen(page)
      .locator('.xterm-rows > div')
      .filter({ hasText: /^columns: \d+\./ })
      .last();
    return Number(/\d+/.exec((await row.textContent()) ?? '')?.[0]);
  };
  await typeLine(page, 'clear');
  const wide = await columns();
  assert.ok(wide >= 60, `${wide} columns`);
  await page.setViewportSize({ width: 390, height: 844 });
  await terminalScreen(page).waitFor();
  await typeLine(page, 'clear');
  // The shell is told of its size after the page has drawn, and the row of before is there until it has printed.
  let narrow = wide;
  await eventually('the terminal is narrow', async () => (narrow = await columns()) < wide);
  assert.ok(narrow > 30, `${narrow} columns of ${wide}`);
  await typeLine(page, 'echo waits; sleep 600');
  await terminalShows(page, /^waits/);
  await page.getByRole('group', { name: 'Keys' }).getByRole('button', { name: 'Ctrl+C' }).click();
  await typeLine(page, 'echo "then $?"');
  await terminalShows(page, /^then 130/);
  await page.setViewportSize({ width: 1440, height: 900 });
  await terminalScreen(page).waitFor();
});

test('after a reload the shell is there with what it showed and what it knows', async () => {
  await typeLine(page, 'KEPT=treasure; echo "hidden $((20 + 3))"');
  await terminalShows(page, /^hidden 23/);
  await page.reload();
  await terminalShows(page, /^hidden 23/);
  await typeLine(page, 'echo "found $KEPT"');
  await terminalShows(page, /^found treasure/);
});

test('a second page takes a terminal over, the first one says so and takes it back', async () => {
  const other = await desk.visited.context.newPage();
  await other.goto(page.url());
  await terminalShows(other, /^found treasure/);
  await state().getByText('Another page shows this terminal now.').waitFor();
  await state().getByRole('button', { name: 'Show it here' }).click();
  await other.getByText('Another page shows this terminal now.').waitFor();
  await other.close();
  await typeLine(page, 'echo "still $KEPT"');
  await terminalShows(page, /^still treasure/);
});

test('there are several, each of its own; one that has ended says so, and makes place for a new one', async () => {
  await page.getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('tab', { name: 'Terminal 2', selected: true }).waitFor();
  await field().waitFor();
  await typeLine(page, 'echo "nothing: ${KEPT:-empty}"; exit 7');
  await terminalShows(page, /^nothing: empty/);
  await state().getByText('The shell has ended with code 7.').waitFor();
  await state().getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('tab', { name: 'Terminal 3', selected: true }).waitFor();
  await typeLine(page, 'echo "third $((1 + 2))"');
  await terminalShows(page, /^third 3/);
  await page.getByRole('button', { name: 'End this terminal' }).click();
  await page.getByRole('tab', { name: 'Terminal 1', selected: true }).waitFor();
  await terminalShows(page, /^still treasure/);
});

test('when the server starts anew, a terminal says that it is over', async () => {
  await desk.crosspoint.restart();
  await state()
    .getByText(/^This terminal is over/)
    .waitFor();
  await state().getByRole('button', { name: 'New terminal' }).click();
  await typeLine(page, 'echo "again $((1 + 1))"');
  await terminalShows(page, /^again 2/);
  // What could not be reached meanwhile is told by the browser.
  desk.visited.complaints.length = 0;
});
