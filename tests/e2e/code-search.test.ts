import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { startQdrant, type QdrantRequest } from '#tests/support/qdrant/server.ts';
import { assertFineEverywhere } from './browser.ts';
import { messageBox, openDesk, openPanel, openThread, type Desk } from './desk.ts';

const skip = await cannotRun();
const isWritten = ({ method, path }: QdrantRequest) => method === 'PUT' && path.endsWith('/points');

let qdrant: Awaited<ReturnType<typeof startQdrant>>;
let desk: Desk;
let page: Page;
before(async () => {
  // It takes no points yet, so that the index is seen while it is made.
  qdrant = await startQdrant({ fault: (request) => (isWritten(request) ? 'hang' : undefined) });
  const code = 'export function totalOfCart(items) {\n  return items.length;\n}\n';
  const write = { name: 'write_file', args: { path: 'src/cart.js', content: code } };
  const search = { name: 'search_code', args: { query: 'total of the cart' } };
  desk = await openDesk(
    ({ step, lastUserText }) =>
      step > 0 ? { text: 'Done.' } : { calls: [lastUserText.startsWith('Find') ? search : write] },
    { QDRANT_URL: qdrant.url },
  );
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(async () => {
  await desk.close();
  await qdrant[Symbol.asyncDispose]();
});

test('a person sees how far the index of the code is, and what the agent found in it', { skip }, async () => {
  const threadId = await openThread(desk, page, 'Write it.');
  await messageBox(page).fill('Find the total.');
  await page.keyboard.press('Enter');
  await openPanel(page, 'Files');
  const line = page.getByRole('group', { name: 'Code search' });
  await line.getByText('Reading the code: 0 of 1 file').waitFor();
  await line.getByRole('meter', { name: 'Files read' }).waitFor({ state: 'attached' });
  await assertFineEverywhere(page, 'a workspace whose code is being read');
  const { port } = qdrant;
  await qdrant[Symbol.asyncDispose]();
  qdrant = await startQdrant({ port });
  await page.getByRole('log').getByText('Done.').nth(1).waitFor();
  await messageBox(page).fill('Find it again.');
  await page.keyboard.press('Enter');
  await page.getByRole('log').getByText('Done.').nth(2).waitFor();
  await line.getByText('Code search: 1 file').waitFor();
  await page.getByText('Searched total of the cart').last().click();
  await page
    .getByRole('log')
    .getByText(/src\/cart\.js:1-3 {2}function totalOfCart/)
    .waitFor();
  await assertFineEverywhere(page, 'a workspace whose code can be searched');
  const finished = (await desk.crosspoint.events(threadId)).findLast(({ type }) => type === 'tool.finished');
  assert.match(JSON.stringify(finished?.data), /Searched the code for total of the cart: 1 place/);
});

test(
  'what could not be looked up while nobody answered is there when the server is back',
  { skip },
  async () => {
    const files = page.getByRole('group', { name: 'Files of the workspace' });
    await desk.crosspoint.kill();
    await page.getByText('The connection is lost.').waitFor();
    await files.getByRole('button', { name: 'Look again' }).click();
    await files.getByText('Crosspoint does not answer.').waitFor();
    await desk.crosspoint.restart();
    await files.getByRole('button', { name: 'src', exact: true }).waitFor();
    // What could not be reached meanwhile is told by the browser.
    desk.visited.complaints.length = 0;
  },
);
