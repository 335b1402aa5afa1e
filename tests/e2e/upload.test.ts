import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { assertFineEverywhere } from './browser.ts';
import { beginThread, openDesk, openPanel, type Desk } from './desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'crosspoint-upload-'));
let desk: Desk;
let page: Page;
let threadId: string;
before(async () => {
  desk = await openDesk(() => ({ text: 'Good day.' }));
  ({ page, threadId } = await beginThread(desk, desk.visited.page, 'hello'));
  await page.getByRole('log').getByText('Good day.').waitFor();
  await openPanel(page, 'Files');
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  // Whether something is there already is asked of folders that are not there yet.
  const complaints = desk.visited.complaints.filter((text) => !/ 40[04] /.test(text));
  assert.deepEqual(complaints, []);
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await desk.close();
});

const list = () => page.getByRole('group', { name: 'Files of the workspace' });
const status = () => list().getByRole('status');
const dialog = () => page.getByRole('dialog', { name: 'Upload', exact: true });
const filesField = () => page.getByLabel('Files to upload');

async function bytes(path: string): Promise<Buffer> {
  const address = `/api/threads/${threadId}/files/download?path=${encodeURIComponent(path)}`;
  const answer = await desk.crosspoint.request('GET', address);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

test('files that a person chooses are in the workspace byte for byte', async () => {
  const picture = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
  await filesField().setInputFiles([
    { name: 'readme.txt', mimeType: 'text/plain', buffer: Buffer.from('hello\n') },
    { name: 'ünï 1.bin', mimeType: 'application/octet-stream', buffer: picture },
  ]);
  await status().getByText('Uploaded 2 files.').waitFor();
  assert.equal((await bytes('readme.txt')).toString(), 'hello\n');
  assert.ok((await bytes('ünï 1.bin')).equals(picture));
  await list()
    .getByRole('button', { name: /^readme\.txt/ })
    .waitFor();
});

test('a folder comes with what is in it', async () => {
  mkdirSync(join(folder, 'project/src'), { recursive: true });
  writeFileSync(join(folder, 'project/src/a.ts'), 'export {};\n');
  writeFileSync(join(folder, 'project/notes.md'), '# Notes\n');
  await page.getByLabel('Folder to upload').setInputFiles(join(folder, 'project'));
  await status().getByText('Uploaded 2 files.').waitFor();
  assert.equal((await bytes('project/src/a.ts')).toString(), 'export {};\n');
  assert.equal((await bytes('project/notes.md')).toString(), '# Notes\n');
});

test('what is there already is written over only after a question', async () => {
  const chosen = [
    { name: 'readme.txt', mimeType: 'text/plain', buffer: Buffer.from('other\n') },
    { name: 'new.txt', mimeType: 'text/plain', buffer: Buffer.from('new\n') },
  ];
  await filesField().setInputFiles(chosen);
  await dialog().getByText('readme.txt').waitFor();
  // The panel is a drawer where the window is narrow: the question is still there.
  await assertFineEverywhere(page, 'the question of an upload');
  await dialog().getByRole('button', { name: 'Upload only the other 1' }).click();
  await status().getByText('Uploaded 1 file.').waitFor();
  assert.equal((await bytes('readme.txt')).toString(), 'hello\n');
  assert.equal((await bytes('new.txt')).toString(), 'new\n');
  await filesField().setInputFiles(chosen.slice(0, 1));
  await dialog().getByRole('button', { name: 'Replace' }).click();
  await dialog().waitFor({ state: 'detached' });
  await status().getByText('Uploaded 1 file.').waitFor();
  assert.equal((await bytes('readme.txt')).toString(), 'other\n');
});

test('an archive can be unpacked, or kept as it is', async () => {
  mkdirSync(join(folder, 'packed/inner'), { recursive: true });
  writeFileSync(join(folder, 'packed/inner/deep.txt'), 'deep\n');
  execFileSync('tar', ['-cf', join(folder, 'all.tar'), '-C', join(folder, 'packed'), '.']);
  await filesField().setInputFiles(join(folder, 'all.tar'));
  await dialog().getByRole('button', { name: 'Unpack it' }).click();
  await status().getByText('Unpacked the archive.').waitFor();
  assert.equal((await bytes('inner/deep.txt')).toString(), 'deep\n');
  await filesField().setInputFiles(join(folder, 'all.tar'));
  await dialog().getByRole('button', { name: 'Upload the file' }).click();
  await status().getByText('Uploaded 1 file.').waitFor();
  assert.ok((await bytes('all.tar')).equals(readFileSync(join(folder, 'all.tar'))));
});

test('what is dropped onto a folder is put into it', async () => {
  const row = list().getByRole('button', { name: 'project', exact: true });
  const dropped = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['dropped\\n'], 'dropped.txt', { type: 'text/plain' }));
    return transfer;
  })()`);
  await row.dispatchEvent('dragover', { dataTransfer: dropped });
  await list().getByText('Drop into project').waitFor();
  await row.dispatchEvent('drop', { dataTransfer: dropped });
  await status().getByText('Uploaded 1 file.').waitFor();
  assert.equal((await bytes('project/dropped.txt')).toString(), 'dropped\n');
});

test('a file is downloaded as it is, a folder as an archive', async () => {
  await list().getByRole('button', { name: 'More about readme.txt' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download', exact: true }).click(),
  ]);
  assert.equal(file.suggestedFilename(), 'readme.txt');
  assert.equal(readFileSync(await file.path(), 'utf8'), 'other\n');
  await list().getByRole('button', { name: 'More about project' }).click();
  const [archive] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as .tar.gz' }).click(),
  ]);
  const names = execFileSync('tar', ['-tzf', await archive.path()], { encoding: 'utf8' });
  assert.match(names, /src\/a\.ts/);
});
