import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { assertAccessible, assertFineEverywhere } from './browser.ts';
import { beginThread, openDesk, openPanel, terminalShows, typeLine, type Desk } from './desk.ts';

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
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const repository = () => page.getByRole('group', { name: 'Repository' });
/** Serves a repository's files, which is enough for git ("dumb HTTP"). */
const server = `require("http").createServer((q,r)=>require("fs").readFile("/tmp/far/.git"+q.url.split("?")[0],(e,b)=>{r.statusCode=e?404:200;r.end(b)})).listen(4300,()=>console.log("serving"))`;

test('a person clones a repository into the empty workspace, and is told why when it cannot be', async () => {
  await openPanel(page, 'Terminal');
  await typeLine(
    page,
    'git init -q -b trunk /tmp/far && cd /tmp/far && echo hello > greeting.txt && git add . && git -c user.name=A -c user.email=a@b.example commit -qm first && git update-server-info && echo made',
  );
  await terminalShows(page, /^made/);
  await typeLine(page, `clear; node -e '${server}'`);
  await terminalShows(page, /^serving/);
  await openPanel(page, 'Files');
  await page.getByRole('button', { name: 'Clone a repository…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Clone a repository' });
  await dialog.getByRole('textbox', { name: 'Address' }).fill('http://localhost:4300/nowhere/');
  await dialog.getByRole('button', { name: 'Clone' }).click();
  desk.visited.complaints.length = 0;
  await dialog
    .getByRole('alert')
    .getByText(/not found/)
    .waitFor();
  await assertAccessible(page, 'cloning');
  // A refusal is an answer that a browser tells of.
  desk.visited.complaints.length = 0;
  await dialog.getByRole('textbox', { name: 'Address' }).fill('http://localhost:4300/');
  await dialog.getByRole('button', { name: 'Clone' }).click();
  await repository().getByText('trunk').waitFor();
  await page.getByRole('button', { name: /^greeting\.txt/ }).waitFor();
});

test('a branch is started and what is changed is committed there', async () => {
  await openPanel(page, 'Terminal');
  await page.getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('tab', { name: 'Terminal 2', selected: true }).waitFor();
  await typeLine(page, 'echo more >> greeting.txt; echo new > other.txt; echo "changed $((1 + 1))"');
  await terminalShows(page, /^changed 2/);
  await openPanel(page, 'Files');
  await repository().getByText('2 changed').waitFor();
  await repository().getByRole('button', { name: 'Branch…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('feature/greeting');
  await page.getByRole('button', { name: 'Start the branch' }).click();
  await repository().getByText('feature/greeting').waitFor();
  await repository().getByRole('button', { name: 'Commit…' }).click();
  await page
    .getByRole('textbox', { name: 'Message', exact: true })
    .last()
    .fill('Say more\n\nAnd another file.');
  await page.getByRole('button', { name: 'Commit 2 files' }).click();
  await repository().getByText('nothing changed').waitFor();
  await assertFineEverywhere(page, 'a repository');
  await openPanel(page, 'Terminal');
  // It was made anew when the window changed: what is typed before it has its screen back is typed nowhere.
  await terminalShows(page, /^changed 2/);
  await typeLine(page, 'clear; git log --format="%s|%an" -1');
  await terminalShows(page, /^Say more\|Crosspoint/);
});
