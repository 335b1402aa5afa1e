import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Answer, Asked, Providers } from '#tests/upstreams/index.ts';
import { assertAccessible, assertFits, sizes, type Visit } from './browser.ts';
import { beginThread, messageBox, openDesk, type Desk } from './desk.ts';

const windowsFile = Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\r\n');

function model({ lastUserText, step }: Asked): Answer {
  if (/slowly/.test(lastUserText)) return { text: 'word '.repeat(2_000), paceMs: 20 };
  if (step > 0) return { text: 'Done.' };
  return {
    calls: [{ name: 'write_file', args: { path: `deep/${'x'.repeat(80)}/end.txt`, content: windowsFile } }],
  };
}

let desk: Desk;
let providers: Providers;
let visited: Visit;
before(async () => {
  desk = await openDesk(model);
  ({ providers, visited } = desk);
});
afterEach(() => {
  assert.deepEqual(providers.mistakes, []);
  assert.deepEqual(visited.complaints, []);
});
after(() => desk.close());

const review = (page: Page) => page.getByRole('region', { name: 'Review' });

async function task(text: string): Promise<Page> {
  const { page } = await beginThread(desk, visited.page, text);
  return page;
}

test('what is typed during a run is neither sent nor lost: it survives Enter, a reload and Stop', async () => {
  const page = await task('Write slowly.');
  await page
    .getByRole('log')
    .getByText(/word word/)
    .waitFor();
  await page.waitForFunction("document.title.startsWith('● running')");
  await messageBox(page).fill('And then this.');
  await page.getByText(/Your text is kept/).waitFor();
  await page.keyboard.press('Enter');
  await page.reload();
  assert.equal(await messageBox(page).inputValue(), 'And then this.');
  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.equal(await messageBox(page).inputValue(), 'And then this.');
  assert.equal(await page.getByText(/Your text is kept/).count(), 0);
  assert.equal(await page.getByRole('article', { name: 'You' }).count(), 1);
  await messageBox(page).fill('');
});

test('the tab says that a review is due; line ends of Windows are shown and alarm nobody', async () => {
  const page = await task('Write it.');
  await review(page).getByText('end.txt').waitFor();
  await page.waitForFunction("document.title.startsWith('● needs you')");
  assert.equal(await review(page).getByRole('alert').count(), 0);
  assert.equal(await review(page).getByTitle('The line ends with a carriage return').count(), 19);
});

test('on a phone every button of a review has room for a finger', async () => {
  const { page } = visited;
  await page.setViewportSize(sizes.phone);
  const heights = await Promise.all(
    (await review(page).getByRole('button').all()).map(
      async (button) => (await button.boundingBox())?.height,
    ),
  );
  assert.ok(heights.length > 3 && heights.every((height) => (height ?? 0) >= 40), `heights: ${heights}`);
  await assertFits(page);
  await assertAccessible(page, 'review on a phone');
  await page.goto(`${page.url()}?panel=cost`);
  const tab = page.getByRole('dialog').getByRole('tab', { name: 'Cost' });
  await tab.waitFor();
  await page.waitForFunction("document.activeElement?.textContent === 'Cost'");
  await page.getByRole('button', { name: 'Close the panel' }).click();
  await page.setViewportSize(sizes.desktop);
});

test('what a switch costs stands below the list before a person can ask for it', async () => {
  const { page } = visited;
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('combobox', { name: 'Search models' }).fill('haiku 4.5');
  await page
    .getByRole('status', { name: 'What the switch costs' })
    .getByText(/Kept: /)
    .waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('a dialog that closes gives the focus back to what opened it', async () => {
  const { page } = visited;
  const chip = page.getByRole('button', { name: /^Model:/ });
  for (const close of [() => page.keyboard.press('Escape'), () => page.mouse.click(5, 890)]) {
    await chip.click();
    await page.getByRole('combobox', { name: 'Search models' }).waitFor();
    await close();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await page.evaluate<string>('document.activeElement.textContent'), /Model:/);
  }
});
