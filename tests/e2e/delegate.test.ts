import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startMcpServer, text } from '#server/mcp/testing/http-server.ts';
import type { Answer, Asked, Providers } from '#tests/upstreams/index.ts';
import { assertFineEverywhere, sizes, type Visit } from './browser.ts';
import { beginThread, openDesk, type Desk } from './desk.ts';

const step = (text: string, status: string) => ({ text, status });
const plans = [
  [step('Read the code', 'in_progress'), step('Change it', 'pending'), step('Run the tests', 'pending')],
  [step('Read the code', 'done'), step('Change it', 'in_progress'), step('Run the tests', 'cancelled')],
];

function model({ lastUserText, step: at }: Asked): Answer {
  if (/plan/.test(lastUserText)) {
    const items = plans[at];
    return items ? { calls: [{ name: 'update_plan', args: { items } }] } : { text: 'Half way.' };
  }
  if (/Where is it/.test(lastUserText)) return { text: 'In src/total.js:1.' };
  if (/explore/.test(lastUserText) && at === 0)
    return { calls: [{ name: 'explore', args: { task: 'Where is it?' } }] };
  if (/docs/.test(lastUserText) && at === 0)
    return { calls: [{ name: 'mcp__docs__look_up', args: { word: 'total' } }] };
  return { text: 'Done.' };
}

let desk: Desk;
let providers: Providers;
let visited: Visit;
let docs: Awaited<ReturnType<typeof startMcpServer>>;
before(async () => {
  const inputSchema = { type: 'object', properties: { word: { type: 'string' } } };
  const call = () => text('a sum');
  docs = await startMcpServer([{ name: 'look_up', description: 'Looks a word up.', inputSchema, call }]);
  desk = await openDesk(model);
  ({ providers, visited } = desk);
});
afterEach(() => {
  assert.deepEqual(providers.mistakes, []);
  assert.deepEqual(visited.complaints, []);
});
after(async () => {
  await desk.close();
  await docs.close();
});

const plan = (page: Page) => page.getByTestId('plan');

test('the plan stands above the composer, follows the agent, and is there after a reload', async () => {
  const { page } = await beginThread(desk, visited.page, 'Make a plan.');
  await page.getByText('Half way.').waitFor();
  await plan(page).getByText('1 of 2 done').waitFor();
  await plan(page).getByText('Change it').waitFor();
  await page.reload();
  await plan(page).getByText('1 of 2 done').click();
  assert.deepEqual(await plan(page).getByRole('listitem').allInnerTexts(), [
    'done:\nRead the code',
    'in progress:\nChange it',
    'cancelled:\nRun the tests',
  ]);
  await assertFineEverywhere(page, 'the plan');
});

test('a subagent is shown with its model, cost and answer', async () => {
  const { page } = await beginThread(desk, visited.page, 'Please explore.');
  await page.getByText('Done.').waitFor();
  const line = page.getByText('Explored:');
  await line.waitFor();
  await line.click();
  await page.getByText('In src/total.js:1.').waitFor();
});

test('a person adds a server of tools, ticks what models are told of, and reviews a call of it', async () => {
  const { page } = visited;
  await page.goto(`${desk.crosspoint.origin}/settings/mcp`);
  await page.getByRole('button', { name: 'Add…' }).click();
  await page.getByRole('textbox', { name: /^Name/ }).fill('docs');
  await page.getByRole('textbox', { name: 'Address' }).fill(docs.url);
  await page.getByRole('button', { name: 'Add and look at its tools' }).click();
  const card = page.getByRole('article', { name: 'docs' });
  await card.getByText('connected').waitFor();
  await card.getByRole('checkbox', { name: /look_up/ }).check();
  await card.getByText('What models are told').click();
  await card.getByText('Looks a word up.').waitFor();
  await assertFineEverywhere(page, 'the MCP servers');
  await card.getByRole('button', { name: 'Offer 1 of 1' }).click();
  await card.getByText('Run without asking me').waitFor();

  await beginThread(desk, page, 'Look into the docs.');
  const review = page.getByRole('region', { name: 'Review' });
  await review.getByRole('heading', { name: 'Use of docs: look up' }).waitFor();
  await page.setViewportSize(sizes.phone);
  await page.setViewportSize(sizes.desktop);
  await review.getByRole('button', { name: /^Approve/ }).click();
  await page.getByText('Done.').waitFor();
});
