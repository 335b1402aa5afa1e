import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Answer, Asked, Providers } from '#tests/upstreams/index.ts';
import type { Crosspoint } from '#tests/support/crosspoint.ts';
import { assertAccessible, assertFits, sizes, visit, type Visit } from './browser.ts';
import { beginThread, messageBox, openDesk, type Desk } from './desk.ts';

const asked: Asked[] = [];

function model(question: Asked): Answer {
  asked.push(question);
  const { lastUserText, step, model: name } = question;
  if (/slowly/.test(lastUserText)) return { text: 'word '.repeat(2_000), paceMs: 20 };
  if (/fails/.test(lastUserText) && name === 'gpt-4.1')
    return { fault: { kind: 'status', status: 400, message: 'No such thing.' } };
  if (/command/.test(lastUserText) && step === 0)
    return { calls: [{ name: 'run_terminal_command', args: { command: 'echo one' } }] };
  return { text: `${name} is here.` };
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
  assert.deepEqual(visited.complaints, []);
});
after(() => desk.close());

const begin = (text: string, { page } = visited) => beginThread(desk, page, text);
const said = (page: Page, text: string | RegExp) => page.getByRole('log').getByText(text).last().waitFor();
const chip = (page: Page) => page.getByRole('button', { name: /^Model:/ });
const search = (page: Page) => page.getByRole('combobox', { name: 'Search models' });
const fork = (page: Page, name: string) => page.getByRole('group', { name });

async function choose(page: Page, words: string): Promise<void> {
  await search(page).fill(words);
  await page.keyboard.press('Enter');
  await search(page).waitFor({ state: 'detached' });
}

async function switchTo(page: Page, words: string): Promise<void> {
  await chip(page).click();
  await choose(page, words);
}

async function send(page: Page, text: string): Promise<void> {
  await messageBox(page).fill(text);
  await page.keyboard.press('Enter');
}

/** The names of a group of the picker, from top to bottom. */
const groupOf = (page: Page, name: string) =>
  page.getByRole('group', { name, exact: true }).getByRole('option').allInnerTexts();

/** What is stored on the server comes a moment later. */
const inGroup = (page: Page, name: string, model: string) =>
  page.getByRole('group', { name, exact: true }).getByText(model).first().waitFor();

test('F marks a favourite from the keyboard, other browsers show it too, and what was chosen is recent', async () => {
  const { page } = await begin('Hello?');
  await said(page, 'gpt-4.1 is here.');
  await switchTo(page, 'claude-haiku-4-5');
  await page.getByRole('group', { name: 'Model switched' }).waitFor();
  await chip(page).click();
  await search(page).fill('sonnet 4.6');
  await page.keyboard.press('Alt+f');
  await page.getByRole('img', { name: 'favourite' }).first().waitFor();
  await search(page).fill('');
  await page.keyboard.press('PageUp');
  await page.keyboard.press('PageUp');
  await inGroup(page, 'Favourites', 'Claude Sonnet 4.6');
  await inGroup(page, 'Recent', 'Claude Haiku 4.5');
  await assertAccessible(page, 'picker with favourites');
  assert.match((await groupOf(page, 'Favourites')).join(), /^Claude Sonnet 4\.6/);
  assert.match((await groupOf(page, 'Recent')).join(), /^Claude Haiku 4\.5/);
  await page.keyboard.press('f');
  await page.getByRole('group', { name: 'Favourites' }).waitFor({ state: 'detached' });
  assert.equal(await search(page).inputValue(), '', 'F was not typed');
  await page.keyboard.press('Alt+f');
  await page.getByRole('group', { name: 'Favourites' }).waitFor();
  const [marked] = await groupOf(page, 'Favourites');
  await page.keyboard.press('Escape');
  const other = await visit(desk.browser, await crosspoint.newLink(), { size: 'phone', dark: true });
  await chip(other.page).click();
  await other.page.getByRole('group', { name: 'Favourites' }).waitFor();
  assert.equal((await groupOf(other.page, 'Favourites'))[0]?.split('\n')[0], marked?.split('\n')[0]);
  await assertAccessible(other.page, 'picker on a phone');
  await assertFits(other.page);
  await other.context.close();
});

test('after a letter F is text: "fast" and "cheap" only sort, and a price decides', async () => {
  const { page } = visited;
  await chip(page).click();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type('groq fast');
  assert.equal(await search(page).inputValue(), 'groq fast');
  assert.ok((await page.getByRole('option').allInnerTexts()).every((text) => text.includes('Groq')));
  await search(page).fill('cheap openai');
  const [first, ...others] = await page.getByRole('option').allInnerTexts();
  assert.ok(others.length > 3);
  const priceOf = (text?: string) => Number(/\$([\d.]+) in/.exec(text ?? '')?.[1] ?? NaN);
  assert.ok(priceOf(first) <= priceOf(others[2]), `${first} before ${others[2]}`);
  await page.keyboard.press('Escape');
});

test('one key goes back to the previous model and forth, and leaves what is written', async () => {
  const { page, threadId } = await begin('Hello again?');
  await said(page, 'gpt-4.1 is here.');
  await switchTo(page, 'claude-haiku-4-5');
  await page.getByRole('button', { name: /^Model: Claude Haiku 4\.5/ }).waitFor();
  await messageBox(page).fill('half a sentence; ');
  await page.keyboard.press('Control+;');
  await page.getByRole('button', { name: /^Model: GPT-4\.1/ }).waitFor();
  await page.keyboard.press('Control+;');
  await page.getByRole('button', { name: /^Model: Claude Haiku 4\.5/ }).waitFor();
  assert.equal(await messageBox(page).inputValue(), 'half a sentence; ');
  await messageBox(page).fill('');
  const events = await crosspoint.events(threadId);
  assert.equal(events.filter(({ type }) => type === 'model.switched').length, 3);
});

test('the switch line opens to who switched what, what is kept, and the first turn with and without the cache', async () => {
  const { page } = visited;
  const line = page.getByRole('group', { name: 'Model switched' }).first();
  await line.getByText('receipt').click();
  for (const text of ['openai/gpt-4.1', 'anthropic/claude-haiku-4-5', '2 messages', /uncached; .* cache/])
    await line.getByText(text).first().waitFor();
  await assertAccessible(page, 'a receipt');
});

test('answer again from the keyboard: both answers stay, 2/2 moves between them, and another tab follows', async () => {
  const { page, threadId } = await begin('Who is there?');
  await said(page, 'gpt-4.1 is here.');
  const other = await visited.context.newPage();
  await other.goto(`${crosspoint.origin}/t/${threadId}`);
  await said(other, 'gpt-4.1 is here.');
  const again = page.getByRole('article', { name: 'You' }).getByRole('button', { name: /^Answer again/ });
  await again.focus();
  await page.keyboard.press('Enter');
  await choose(page, 'claude-haiku-4-5');
  for (const tab of [page, other]) {
    await said(tab, 'claude-haiku-4-5 is here.');
    await fork(tab, 'Answer 2 of 2').waitFor();
    assert.equal(await tab.getByRole('log').getByText('gpt-4.1 is here.').count(), 0);
  }
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await page.getByRole('button', { name: 'Previous answer' }).focus();
  await page.keyboard.press('Enter');
  for (const tab of [page, other]) {
    await said(tab, 'gpt-4.1 is here.');
    await fork(tab, 'Answer 1 of 2').waitFor();
  }
  await other.close();
  await page.reload();
  await fork(page, 'Answer 1 of 2').waitFor();
  await assertAccessible(page, 'a fork');
  await page.getByRole('button', { name: 'Next answer' }).click();
  await said(page, 'claude-haiku-4-5 is here.');
});

test('an answer is answered again by the present model with one more Enter, on a phone too', async () => {
  const { page } = visited;
  await page.setViewportSize(sizes.phone);
  await page
    .getByRole('article', { name: /^Answer of/ })
    .last()
    .getByRole('button', { name: /^Answer again/ })
    .click();
  await page
    .getByRole('status', { name: 'What the switch costs' })
    .getByText(/answers once more/)
    .waitFor();
  await page.keyboard.press('Enter');
  await fork(page, 'Answer 3 of 3').waitFor();
  await said(page, /is here/);
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await assertFits(page);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await assertAccessible(page, 'three answers on a dark phone');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(sizes.desktop);
});

test('a switch while a request streams says that it applies from the next one, and then it does', async () => {
  const { page } = await begin('Speak slowly.');
  await said(page, /word word/);
  await switchTo(page, 'claude-haiku-4-5');
  await chip(page).getByText('from the next request').waitFor();
  await page.setViewportSize(sizes.phone);
  await assertFits(page);
  await page.setViewportSize(sizes.desktop);
  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await chip(page).getByText('from the next request').waitFor({ state: 'detached' });
  await send(page, 'Who is there?');
  await said(page, 'claude-haiku-4-5 is here.');
});

test('a switch at a review says that it applies when the review is answered', async () => {
  const { page } = await begin('Run the command.');
  await page.getByRole('region', { name: 'Review' }).getByText('echo one').waitFor();
  await switchTo(page, 'claude-haiku-4-5');
  await chip(page).getByText('when you answer the review').waitFor();
  await page.setViewportSize(sizes.phone);
  await page.getByText('The chosen model takes over when you answer the review.').waitFor();
  await assertFits(page);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await assertAccessible(page, 'a switch that waits for a review');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(sizes.desktop);
  await page.keyboard.press('Control+Enter');
  await said(page, 'claude-haiku-4-5 is here.');
  assert.equal(await page.getByText('when you answer the review').count(), 0);
});

test('a failure without a chain offers concrete models with what their first turn costs; one click goes on', async () => {
  const { page, threadId } = await begin('This fails.');
  const note = page.getByRole('note', { name: 'The run failed' });
  const offer = note.getByRole('button', { name: /^Continue with Claude .*, about \$/ });
  await offer.first().waitFor();
  await assertAccessible(page, 'a failure with offers');
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await assertAccessible(page, 'a failure with offers, dark');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await offer.first().click();
  await said(page, /claude-.* is here/);
  assert.equal((await crosspoint.thread(threadId)).modelConfig.provider, 'anthropic');
});

test('a new conversation takes its fallback chain and "whole answers" from the first message on', async () => {
  const { page } = visited;
  await page.goto(crosspoint.origin);
  await page.getByRole('button', { name: /^If the model fails/ }).click();
  await page.getByRole('button', { name: 'Add a model…' }).click();
  await choose(page, 'claude-haiku-4-5');
  await page.getByRole('button', { name: /^If the model fails: Claude Haiku 4\.5/ }).waitFor();
  await page.getByRole('button', { name: /^(Reasoning|Model settings)/ }).click();
  await page.getByRole('menuitemcheckbox', { name: /^Whole answers/ }).click();
  await page.getByRole('menuitemcheckbox', { name: /^Whole answers/, checked: true }).waitFor();
  await assertAccessible(page, 'settings of a new conversation');
  await page.keyboard.press('Escape');
  await send(page, 'Is anybody here?');
  await page.waitForURL(/\/t\//);
  await said(page, 'gpt-4.1 is here.');
  assert.equal(asked.findLast(({ lastUserText }) => /anybody/.test(lastUserText))?.stream, false);
  const thread = await crosspoint.thread(new URL(page.url()).pathname.split('/').at(-1) ?? '');
  assert.deepEqual(
    [thread.fallbackModels.map(({ model }) => model), thread.modelConfig.stream],
    [['claude-haiku-4-5'], false],
  );
});
