import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { assertFineEverywhere } from './browser.ts';
import { openDesk, type Desk } from './desk.ts';

/** Fails where it is told to, and does not say its tokens where it is told so. */
function model({ lastUserText, provider, model: name }: Asked): Answer {
  if (/trouble/.test(lastUserText) && provider === 'openai')
    return { fault: { kind: 'status', status: 400, code: 'invalid_value', message: 'That cannot be.' } };
  if (/overload/.test(lastUserText) && provider === 'openai')
    return { fault: { kind: 'status', status: 503, message: 'The server is overloaded.' } };
  if (/silent/.test(lastUserText)) return { text: 'Counted by you.', usage: null };
  return { text: `${name} answers.`, usage: { input: 1_000, output: 100, cacheRead: 400 } };
}

let desk: Desk;
let page: Page;
before(async () => {
  desk = await openDesk(model);
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const open = (path: string) => page.goto(desk.crosspoint.origin + path);
const rows = () => page.getByRole('region', { name: 'Requests' }).locator('tbody tr');
const inAll = () => page.getByRole('region', { name: 'In all' });
const grouped = () => page.getByRole('region', { name: 'Where it went', exact: true });

/** A call of another program; gives its status. */
async function ask(name: string, content: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${desk.crosspoint.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...desk.crosspoint.headers, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: name, messages: [{ role: 'user', content }] }),
  });
  await response.text();
  return response.status;
}

test('a model of one’s own name is made in the settings, and one of its endpoints takes over from another', async () => {
  await open('/settings/gateway');
  await page.getByRole('button', { name: 'New model…' }).click();
  const form = page.getByRole('dialog', { name: 'New model' });
  await form.getByRole('textbox', { name: 'Name' }).fill('fast');
  await form.getByRole('combobox', { name: 'provider/model' }).fill('openai/gpt-4.1');
  await form.getByRole('button', { name: 'Add an endpoint' }).click();
  const second = form.getByRole('group', { name: 'Endpoint 2' });
  await second.getByRole('combobox', { name: 'provider/model' }).fill('nowhere/model');
  await form.getByRole('button', { name: 'Save' }).click();
  await form
    .getByRole('alert')
    .getByText(/endpoints\.1/)
    .waitFor();
  await assertFineEverywhere(page, 'a model that cannot be');
  const [refused, ...others] = desk.visited.complaints.splice(0);
  assert.match(refused ?? '', /status of 400/, 'the browser reports what the form then tells');
  assert.deepEqual(others, []);
  await second.getByRole('combobox', { name: 'provider/model' }).fill('groq/openai/gpt-oss-120b');
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('“fast” is saved').waitFor();
  await page.getByRole('list', { name: 'Models of your own names' }).getByText('GPT-OSS 120B').waitFor();
  assert.equal(await ask('fast', 'overload'), 200);
  await page
    .getByRole('region', { name: 'How the endpoints do, table' })
    .getByText('OPENAI_API_KEY')
    .waitFor();
  await assertFineEverywhere(page, 'the gateway in the settings');
});

test('what was asked is told by model, with unknown prices, estimates, failures and kept answers as such', async () => {
  const kept = {
    'helicone-cache-enabled': 'true',
    'helicone-user-id': 'ann',
    'helicone-property-team': 'blue',
  };
  for (let index = 0; index < 26; index += 1) await ask('openai/gpt-4.1', `number ${index}`);
  for (let index = 0; index < 3; index += 1) await ask('anthropic/claude-sonnet-4-6', 'the same', kept);
  await ask('openai/gpt-mystery', 'of what price');
  await ask('groq/openai/gpt-oss-120b', 'silent');
  assert.equal(await ask('openai/gpt-4.1', 'trouble'), 400);
  await open('/usage');
  await inAll().getByText('at least', { exact: true }).waitFor();
  await inAll()
    .getByText(/1 request went to models whose price is unknown/)
    .waitFor();
  await inAll()
    .getByText(/The tokens of 1 request were counted by us/)
    .waitFor();
  await inAll()
    .getByText(/^[\d.]+ % of all, saved \$0\.\d+/)
    .waitFor();
  await grouped()
    .getByRole('row', { name: /gpt-mystery 1 0 % 1k .* price unknown/ })
    .waitFor();
  await grouped()
    .getByRole('row', { name: /GPT-OSS 120B .* about \$/ })
    .waitFor();
  await page.getByText('Cost per day by model as a table').click();
  const today = new Date().toISOString().slice(0, 10);
  await page
    .getByRole('region', { name: 'Cost per day by model, table' })
    .getByRole('row', { name: new RegExp(`^${today} \\$0\\.\\d+`) })
    .waitFor();
  await page
    .getByRole('region', { name: 'How fast and how reliable, table' })
    .getByRole('row', { name: /^GPT-4\.1 .*%( .*(ms|s)){3}/ })
    .waitFor();
  await assertFineEverywhere(page, 'usage');
});

test('requests come page by page, are found by what they are, and go out as CSV', async () => {
  await open('/usage');
  await page.getByRole('button', { name: 'Older requests' }).waitFor();
  const shown = await rows().count();
  await page.getByRole('button', { name: 'Older requests' }).click();
  await rows().nth(32).waitFor();
  const all = await rows().count();
  assert.deepEqual([shown, all], [25, 33], 'every request once');
  await page.getByRole('combobox', { name: 'How they ended' }).selectOption('failed');
  // Alone: before the answer comes, it stands among all the others.
  await page
    .getByRole('region', { name: 'Requests' })
    .locator('tbody tr:only-child')
    .getByText('bad_request')
    .waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const lines = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split(/\r?\n/);
  assert.ok(lines.length === 1 + (await rows().count()), lines.join('\n'));
  assert.match(lines.join('\n'), /gpt-4\.1/);
  await page.getByRole('combobox', { name: 'How they ended' }).selectOption('cached');
  await rows().nth(1).getByText('from our cache').waitFor();
  assert.equal(await rows().count(), 2);
});

test('days, groups and filters are in the address, and a group opens to itself alone', async () => {
  await page.getByText('Today', { exact: true }).click();
  await page.getByRole('combobox', { name: 'Group' }).selectOption('property');
  await page.getByRole('textbox', { name: 'Name of the property' }).fill('team');
  await page.keyboard.press('Enter');
  await grouped().getByRole('button', { name: 'blue' }).click();
  await page.getByRole('button', { name: 'Remove the filter Property: team:blue' }).waitFor();
  assert.match(page.url(), /range=today.*property=team%3Ablue/);
  await page.reload();
  await inAll()
    .getByText(/^67 % of all, saved/)
    .waitFor();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const filter = page.getByRole('dialog', { name: 'Filter' });
  await filter.getByRole('textbox', { name: 'User' }).fill('nobody');
  await assertFineEverywhere(page, 'the filters');
  await filter.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('button', { name: 'Take the filters away' }).click();
  await grouped().waitFor();
  assert.doesNotMatch(page.url(), /user|property=/);
});

test('one request tells of all its attempts: where each went, what it was told, and what the answer cost', async () => {
  await open('/usage');
  await page.getByRole('button', { name: 'Older requests' }).click();
  await rows()
    .filter({ hasText: /attempts/ })
    .getByRole('link')
    .click();
  const story = page.getByRole('dialog', { name: 'One request' });
  const attempts = story.getByRole('listitem').filter({ hasText: /first token|nothing received/ });
  await attempts
    .first()
    .getByText(/failed \(503\)/)
    .waitFor();
  await attempts.first().getByText('provider_overloaded').waitFor();
  const last = attempts.last();
  await last.getByText(/^answered/).waitFor();
  assert.match((await last.textContent()) ?? '', /Groq.*1k in, 100 out.*\$0\.00/s);
  await story.getByText(/Headers and bodies were not kept/).waitFor();
  await assertFineEverywhere(page, 'a story of several attempts');
  await story.getByRole('button', { name: 'Close' }).click();
  await story.waitFor({ state: 'detached' });
});

test('the response cache tells how full it is, and is emptied', async () => {
  await open('/settings/gateway');
  await page.getByText(/^1 of at most 100,000$/).waitFor();
  await page.getByRole('button', { name: 'Clear…' }).click();
  await page.getByRole('button', { name: 'Clear the cache' }).click();
  await page.getByText(/^0 of at most 100,000$/).waitFor();
});

test('a limit of a provider is set in the settings, holds, and is taken away again', async () => {
  await page.getByRole('button', { name: 'New limit…' }).click();
  const form = page.getByRole('dialog', { name: 'New limit' });
  await form.getByRole('combobox', { name: 'Of' }).selectOption({ label: 'Anthropic' });
  await form.getByRole('spinbutton', { name: 'Requests a minute' }).fill('1');
  await assertFineEverywhere(page, 'the form of a limit');
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('list', { name: 'Limits' }).getByText('1 request a minute').waitFor();
  const statuses = [
    await ask('anthropic/claude-sonnet-4-6', 'one'),
    await ask('anthropic/claude-sonnet-4-6', 'two'),
  ];
  assert.deepEqual(statuses, [200, 429]);
  await page.getByRole('button', { name: 'Remove the limit of Anthropic' }).click();
  await page.getByText('Nothing is limited.').waitFor();
  assert.equal(await ask('anthropic/claude-sonnet-4-6', 'three'), 200);
});

test('a budget of a month is drawn against what the month cost so far', async () => {
  await page.getByRole('button', { name: 'New limit…' }).click();
  const form = page.getByRole('dialog', { name: 'New limit' });
  await form.getByRole('combobox', { name: 'Of' }).selectOption({ label: 'Everything together' });
  await form.getByRole('spinbutton', { name: 'US dollars' }).fill('10');
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('list', { name: 'Limits' }).getByText('budget $10.00 a month').waitFor();
  await open('/usage');
  const month = page.getByRole('region', { name: /against its budget$/ });
  await month.getByText(/: at least \$0\.\d+ of \$10\.00/).waitFor();
  await assertFineEverywhere(page, 'usage with a budget');
});
