import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { text } from '#server/mcp/testing/http-server.ts';
import { startProtectedServer } from '#server/mcp/testing/oauth-server.ts';
import { assertFineEverywhere } from './browser.ts';
import { openDesk, type Desk } from './desk.ts';

let desk: Desk;
let remote: Awaited<ReturnType<typeof startProtectedServer>>;
before(async () => {
  remote = await startProtectedServer([
    { name: 'issues', description: 'Lists issues.', call: () => text('none') },
  ]);
  desk = await openDesk(() => ({ text: 'Done.' }));
});
after(async () => {
  await desk.close();
  await remote.close();
});

test('a person signs in to a server in a tab of its own, and out again; a way back that was used counts no more', async () => {
  const { page, context, complaints } = desk.visited;
  await page.goto(`${desk.crosspoint.origin}/settings/mcp`);
  await page.getByRole('button', { name: 'Add…' }).click();
  await page.getByRole('textbox', { name: /^Name/ }).fill('tracker');
  await page.getByRole('textbox', { name: 'Address' }).fill(remote.url);
  await page.getByRole('button', { name: 'Add and look at its tools' }).click();
  const card = page.getByRole('article', { name: 'tracker' });
  await card.getByText('This server wants you to sign in.').waitFor();
  await assertFineEverywhere(page, 'a server to sign in to');

  const opening = context.waitForEvent('page');
  await card.getByRole('button', { name: 'Sign in' }).click();
  const tab = await opening;
  const ways: string[] = [];
  tab.on('request', (request) => ways.push(request.url()));
  await tab.getByText('Signed in').waitFor();
  await assertFineEverywhere(tab, 'the way back');
  assert.equal(tab.url(), `${desk.crosspoint.origin}/settings/mcp/callback`, 'no code stays in the address');
  assert.equal(await tab.evaluate('window.opener'), null);

  await card.getByText('signed in', { exact: true }).waitFor();
  await card.getByRole('button', { name: 'Look at its tools' }).click();
  await card.getByRole('checkbox', { name: /issues/ }).waitFor();
  await assertFineEverywhere(page, 'a server that is signed in to');

  const used = ways.find((url) => url.includes('code='));
  assert.ok(used);
  await tab.goto(used);
  await tab.getByText('This sign-in was used already').waitFor();
  await tab.close();

  await card.getByRole('button', { name: 'Sign out' }).click();
  await card.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.deepEqual(remote.authorization.refusals, []);
  assert.deepEqual(complaints, []);
});
