import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { assertAccessible, assertFits, sizes } from './browser.ts';
import { beginThread, openDesk, openPanel, terminalShows, typeLine, type Desk } from './desk.ts';

let desk: Desk;
let page: Page;
before(async () => {
  desk = await openDesk(() => ({ text: 'Good day.' }));
  ({ page } = desk.visited);
  const { threadId } = await beginThread(desk, page, 'hello');
  await page.getByRole('log').getByText('Good day.').waitFor();
  await desk.crosspoint.api('PUT', `/api/threads/${threadId}/files/content`, {
    path: 'server.cjs',
    content: devServer,
  });
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

/** As a development server does: a page that opens a WebSocket to where it came from, and shows what that says. */
const devServer = `
const { createHash } = require('node:crypto');
const page = \`<!doctype html><html lang="en"><title>Mine</title><link rel="icon" href="data:,">
<h1>At PATH</h1><p id="socket">no word yet</p>
<script>new WebSocket('ws://' + location.host + '/live').onmessage = ({ data }) => (socket.textContent = data)</script>\`;
const server = require('node:http').createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html', 'x-frame-options': 'DENY' });
  response.end(page.replace('PATH', request.url));
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = createHash('sha1').update(key).digest('base64');
  const word = Buffer.from('alive by WebSocket');
  socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
    'Sec-WebSocket-Accept: ' + accept, '', ''].join('\\r\\n'));
  socket.write(Buffer.concat([Buffer.from([0x81, word.length]), word]));
  socket.on('error', () => {});
});
server.listen(Number(process.argv[2]), () => console.log('listening on ' + process.argv[2]));
`;

const frame = (port: number) => page.frameLocator(`iframe[title="Preview of port ${port}"]`);

test('a server that is started in the terminal is seen in the preview, with its WebSocket', async () => {
  await openPanel(page, 'Preview');
  await page.getByText('Nothing listens in the sandbox yet.').waitFor();
  await page.getByRole('button', { name: 'Open the terminal' }).click();
  await typeLine(page, 'node server.cjs 4100');
  await terminalShows(page, /^listening on 4100/);
  await openPanel(page, 'Preview');
  await frame(4100).getByRole('heading', { name: 'At /' }).waitFor();
  await frame(4100).getByText('alive by WebSocket').waitFor();
  // The frame is loaded again where the panel becomes a drawer: nothing is judged before it is there.
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    await frame(4100).getByText('alive by WebSocket').waitFor();
    await assertFits(page);
    await assertAccessible(page, `a preview, ${size}`);
  }
  await page.setViewportSize(sizes.desktop);
  await frame(4100).getByText('alive by WebSocket').waitFor();
});

test('another path and another port are chosen, and kept over a reload', async () => {
  await page.getByRole('textbox', { name: 'Path' }).fill('/about?x=1');
  await page.keyboard.press('Enter');
  await frame(4100).getByRole('heading', { name: 'At /about?x=1' }).waitFor();
  await page.reload();
  await frame(4100).getByRole('heading', { name: 'At /about?x=1' }).waitFor();
  await openPanel(page, 'Terminal');
  await page.getByRole('button', { name: 'New terminal' }).click();
  await page.getByRole('tab', { name: 'Terminal 2', selected: true }).waitFor();
  await typeLine(page, 'node server.cjs 4200');
  await terminalShows(page, /^listening on 4200/);
  await openPanel(page, 'Preview');
  const ports = page.getByRole('combobox', { name: 'Port' });
  await ports.locator('option', { hasText: '4200' }).waitFor({ state: 'attached' });
  await ports.selectOption('4200');
  await frame(4200).getByRole('heading', { name: 'At /' }).waitFor();
});

test('a preview opens in a tab of its own, at another origin that has nothing of ours', async () => {
  const [tab] = await Promise.all([
    desk.visited.context.waitForEvent('page'),
    page.getByRole('link', { name: 'Open in a new tab' }).click(),
  ]);
  await tab.getByRole('heading', { name: 'At /' }).waitFor();
  const { host } = new URL(tab.url());
  assert.match(host, /^[0-9a-f]{32}\.localhost:\d+$/);
  assert.equal(await tab.evaluate('document.cookie'), '');
  assert.equal(await tab.evaluate('window.opener'), null);
  await tab.close();
});

test('when the server ends, the preview says that nothing answers and comes back with it', async () => {
  await openPanel(page, 'Terminal');
  await page.getByRole('tab', { name: 'Terminal 2' }).click();
  await terminalShows(page, /^listening on 4200/);
  await page.getByRole('textbox', { name: /^Terminal 2/ }).focus();
  await page.keyboard.press('Control+c');
  await typeLine(page, 'echo "port is $((4000 + 200)) no more"');
  await terminalShows(page, /^port is 4200 no more/);
  await openPanel(page, 'Preview');
  await frame(4200).getByText('Nothing answers on port 4200').waitFor();
  desk.visited.complaints.length = 0;
  await openPanel(page, 'Terminal');
  await typeLine(page, 'clear; node server.cjs 4200');
  await terminalShows(page, /^listening on 4200/);
  await openPanel(page, 'Preview');
  await frame(4200).getByRole('heading', { name: 'At /' }).waitFor();
});
