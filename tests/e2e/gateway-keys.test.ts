import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import { assertFineEverywhere } from './browser.ts';
import { openDesk, type Desk } from './desk.ts';

let desk: Desk;
let page: Page;
/** Of the key that the page showed. */
let secret = '';
before(async () => {
  desk = await openDesk(({ lastUserText }) => ({ text: `You said: ${lastUserText}` }));
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.providers.refusals, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

const open = (path: string) => page.goto(desk.crosspoint.origin + path);
const keys = () => page.getByRole('list', { name: 'Keys' }).getByRole('listitem');
const client = (apiKey: string) =>
  new OpenAI({ baseURL: `${desk.crosspoint.origin}/v1`, apiKey, maxRetries: 0 });

async function ask(content: string, model = 'openai/gpt-4.1'): Promise<string | null | undefined> {
  const answer = await client(secret).chat.completions.create({
    model,
    messages: [{ role: 'user', content }],
  });
  return answer.choices[0]?.message.content;
}

test('who has asked nothing yet finds on both pages what they are for and where to begin', async () => {
  await open('/usage');
  await page.getByRole('heading', { name: 'No model was asked in these days' }).waitFor();
  await assertFineEverywhere(page, 'usage of nothing');
  await page.getByRole('link', { name: 'Make a key for a program' }).click();
  await page.getByText(/^No key yet/).waitFor();
  await page.getByText('Nothing is limited.').waitFor();
  await assertFineEverywhere(page, 'a gateway without anything');
});

test('a key is made with its limits, shown once with what to paste, and never again', async () => {
  await page.getByRole('button', { name: 'New key…' }).click();
  const form = page.getByRole('dialog', { name: 'New key' });
  await form.getByRole('textbox', { name: 'Name' }).fill('the laptop');
  await form.getByRole('textbox', { name: /^Models/ }).fill('openai/*');
  await form.getByRole('combobox', { name: 'Expires' }).selectOption('30');
  await form.getByRole('spinbutton', { name: 'Requests a minute' }).fill('100');
  await form.getByRole('spinbutton', { name: 'US dollars' }).fill('5');
  await form.getByRole('checkbox', { name: /^Keep bodies/ }).check();
  await assertFineEverywhere(page, 'the form of a key');
  await form.getByRole('button', { name: 'Make the key' }).click();
  const shown = page.getByRole('region', { name: 'The new key' });
  secret = (await shown.locator('code').first().textContent()) ?? '';
  assert.match(secret, /^cp-\w{20,}$/);
  for (const kind of ['OpenAI SDK', 'Anthropic SDK', 'opencode', 'Other programs', 'curl']) {
    await shown.getByText(kind, { exact: true }).click();
    const code = await shown.locator('pre').textContent();
    assert.ok(code?.includes(secret) && code.includes(desk.crosspoint.origin), `${kind}: ${code}`);
  }
  await assertFineEverywhere(page, 'a key that is shown');
  await page.reload();
  const row = keys().filter({ hasText: 'the laptop' });
  await row.getByText(new RegExp(`${secret.slice(-4)}$`)).waitFor();
  await row.getByText(/only openai\/\* · 100 requests a minute · bodies are kept/).waitFor();
  await row.getByText(/^\$0\.00 of \$5\.00 a month spent · counts anew /).waitFor();
  await row.getByText(/never used/).waitFor();
  assert.ok(!(await page.content()).includes(secret), 'the key is not on the page any more');
});

test('the official client works with it, is refused other models, and its request is on the usage page with its body', async () => {
  assert.equal(await ask('hello from a program'), 'You said: hello from a program');
  await assert.rejects(ask('hello', 'anthropic/claude-sonnet-4-6'), (cause) => {
    assert.ok(cause instanceof OpenAI.APIError);
    return cause.status === 403 || cause.status === 404;
  });
  await open('/settings/gateway');
  await keys()
    .filter({ hasText: /1 request, (about )?\$/ })
    .getByRole('link', { name: 'usage' })
    .click();
  await page.getByRole('button', { name: /^Remove the filter Key: the laptop/ }).waitFor();
  const request = page.getByRole('row', { name: /GPT-4\.1.*answered/ });
  await request.getByRole('link').click();
  const story = page.getByRole('dialog', { name: 'One request' });
  await story.getByText('/v1/chat/completions, the laptop').waitFor();
  await story.getByText('1 attempt', { exact: true }).waitFor();
  await story.getByText(/^Request:/).click();
  await story.getByText('"hello from a program"').waitFor();
  assert.ok(!(await story.textContent())?.includes(secret), 'the key is not among the headers');
  await assertFineEverywhere(page, "a request's story");
  await page.keyboard.press('Escape');
  await story.waitFor({ state: 'detached' });
});

test('a key is changed: what it may use grows, its end stays, and its bodies are not kept any more', async () => {
  await open('/settings/gateway');
  await page.getByRole('button', { name: 'Change the laptop' }).click();
  const form = page.getByRole('dialog', { name: 'Change “the laptop”' });
  await form.getByRole('textbox', { name: /^Models/ }).fill('openai/* anthropic/*');
  await form.getByRole('checkbox', { name: /^Keep bodies/ }).uncheck();
  await form.getByRole('button', { name: 'Save' }).click();
  const row = keys().filter({ hasText: 'the laptop' });
  await row.getByText(/only openai\/\*, anthropic\/\* · 100 requests a minute · expires/).waitFor();
  assert.equal(await row.getByText('bodies are kept').count(), 0);
  assert.equal(await ask('of another', 'anthropic/claude-sonnet-4-6'), 'You said: of another');
});

test('a revoked key is refused within five seconds, by the next call of the same client', async () => {
  await open('/settings/gateway');
  await page.getByRole('button', { name: 'Revoke the laptop' }).click();
  const sure = page.getByRole('dialog', { name: 'Revoke a key' });
  await sure.getByRole('button', { name: 'Keep it' }).click();
  assert.equal(await ask('still there'), 'You said: still there');
  await page.getByRole('button', { name: 'Revoke the laptop' }).click();
  await assertFineEverywhere(page, 'revoking a key');
  await sure.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No key works at the moment.').waitFor();
  await assert.rejects(ask('gone'), (cause) => cause instanceof OpenAI.APIError && cause.status === 401);
  await page.getByRole('button', { name: /^Show revoked/ }).click();
  await keys().filter({ hasText: 'the laptop' }).getByText('revoked', { exact: true }).waitFor();
});
