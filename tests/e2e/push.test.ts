import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { GitHubService } from '#tests/support/github/service.ts';
import { assertAccessible, assertFineEverywhere } from './browser.ts';
import { beginThread, fileText, openDesk, openPanel, type Desk } from './desk.ts';

const root = mkdtempSync(join(tmpdir(), 'crosspoint-projects-'));
/** Commands never run as root: a folder that is worked in belongs to somebody else. */
const stranger = 60_574;
let github: GitHubService;
let desk: Desk;
let page: Page;
before(async () => {
  github = await GitHubService.start();
  desk = await openDesk(() => ({ text: 'Good day.' }), {
    GITHUB_TOKEN: github.token,
    GITHUB_URL: github.url,
    GITHUB_API_URL: github.url,
    IMPORT_FOLDERS: root,
    BIND_FOLDERS: root,
  });
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(github.unknown, []);
});
after(async () => {
  await desk.close();
  await github.close();
  rmSync(root, { recursive: true, force: true });
});

const repository = () => page.getByRole('group', { name: 'Repository' });
const folderDialog = () => page.getByRole('dialog', { name: 'Use a folder of this machine' });

async function emptyThread(): Promise<string> {
  const { threadId } = await beginThread(desk, page, 'hello');
  await page.getByRole('log').getByText('Good day.').waitFor();
  await openPanel(page, 'Files');
  await page.getByRole('button', { name: 'Use a folder of this machine…' }).click();
  return threadId;
}

function project(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  writeFileSync(join(path, 'readme.md'), '# A project\n');
  return path;
}

test('a folder of this machine is copied in with its repository; a branch of it is pushed, and a pull request opened', async () => {
  github.create('person/shop');
  const path = project('shop');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', path, '-c', 'user.name=P', '-c', 'user.email=p@localhost', ...args]);
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', `${github.url}/person/shop.git`);
  git('add', '.');
  git('commit', '-qm', 'first');
  const threadId = await emptyThread();
  await assertAccessible(page, 'the choice of a folder');
  await folderDialog()
    .getByRole('textbox', { name: /^Folder/ })
    .fill('/etc');
  await folderDialog().getByRole('button', { name: 'Copy it in' }).click();
  await folderDialog()
    .getByRole('alert')
    .getByText(/IMPORT_FOLDERS/)
    .waitFor();
  await folderDialog()
    .getByRole('textbox', { name: /^Folder/ })
    .fill(path);
  await folderDialog().getByRole('button', { name: 'Copy it in' }).click();
  await repository().getByText('main').waitFor();
  assert.equal(await fileText(desk, threadId, 'readme.md'), '# A project\n');
  await repository().getByRole('button', { name: 'Push' }).click();
  await repository()
    .getByRole('status')
    .getByText(/^Pushed main to person\/shop, up to [0-9a-f]{7}\.$/)
    .waitFor();
  assert.equal(github.git('person/shop', 'log', '--format=%s', 'main'), 'first\n');

  await repository().getByRole('button', { name: 'Branch…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('better');
  await page.getByRole('button', { name: 'Start the branch' }).click();
  await repository().getByText('better').waitFor();
  await desk.crosspoint.api('PUT', `/api/threads/${threadId}/files/content`, {
    path: 'readme.md',
    content: '# Better\n',
  });
  await desk.crosspoint.api('POST', `/api/threads/${threadId}/git/commit`, { message: 'second' });
  await repository().getByRole('button', { name: 'Pull request…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Open a pull request' });
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Make it better');
  await dialog.getByRole('checkbox', { name: 'As a draft' }).check();
  await assertAccessible(page, 'a pull request');
  await dialog.getByRole('button', { name: 'Push and open' }).click();
  const link = repository().getByRole('link', { name: 'pull request 1' });
  await link.waitFor();
  assert.match((await link.getAttribute('href')) ?? '', /pull\/1$/);
  assert.equal(github.git('person/shop', 'log', '--format=%s', '-1', 'better'), 'second\n');
  assert.deepEqual(
    github.pulls.map(({ head, base, title, draft }) => [head, base, title, draft]),
    [['better', 'main', 'Make it better', true]],
  );
  await assertFineEverywhere(page, 'a repository with a pull request');
});

test('a thread works in the folder itself, and says so', async () => {
  const path = project('bound');
  if (process.getuid?.() === 0)
    for (const one of [path, join(path, 'readme.md')]) chownSync(one, stranger, stranger);
  const threadId = await emptyThread();
  await folderDialog()
    .getByRole('textbox', { name: /^Folder/ })
    .fill(path);
  await folderDialog()
    .getByRole('radio', { name: /Work in the folder itself/ })
    .check();
  await folderDialog().getByRole('button', { name: 'Work in it' }).click();
  await page.getByRole('button', { name: /^readme\.md/ }).click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('# Mine');
  await page.keyboard.press('Control+s');
  await page.getByRole('img', { name: 'not saved' }).waitFor({ state: 'detached' });
  assert.equal(readFileSync(join(path, 'readme.md'), 'utf8'), '# Mine');
  assert.equal(await fileText(desk, threadId, 'readme.md'), '# Mine');
  await page.getByRole('button', { name: /^Sandbox: this machine/ }).click();
  await page
    .getByRole('dialog', { name: /^Sandbox: / })
    .getByText(path)
    .waitFor();
});
