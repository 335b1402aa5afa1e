import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Answer, Asked, Providers } from '#tests/upstreams/index.ts';
import type { Crosspoint } from '#tests/support/crosspoint.ts';
import { assertAccessible, assertFits, type Visit } from './browser.ts';
import { beginThread, openDesk, type Desk } from './desk.ts';

/** Each task of a person sets off what it names; what comes back of it is said in words. */
function model({ lastUserText, step, toolResults, model: name }: Asked): Answer {
  const last = toolResults.at(-1)?.text ?? '';
  if (/slowly/.test(lastUserText)) return { text: 'word '.repeat(2_000), paceMs: 20 };
  if (step > 0) return { text: `${name} read: ${last}` };
  if (/broken/.test(lastUserText)) return { calls: [write('a.js', 'let a = ;\n')] };
  if (/two/.test(lastUserText)) return { text: 'Two things.', calls: [write('a.txt'), write('b.txt')] };
  if (/hidden/.test(lastUserText)) return { calls: [run('echo safe \u202e\u200b')] };
  if (/fails/.test(lastUserText))
    return { fault: { kind: 'status', status: 400, message: 'No such thing.' } };
  return { text: 'One thing.', calls: [run('echo one')] };
}

const write = (path: string, content = `${path}\n`) => ({ name: 'write_file', args: { path, content } });
const run = (command: string) => ({ name: 'run_terminal_command', args: { command } });

let desk: Desk;
let providers: Providers;
let crosspoint: Crosspoint;
let visited: Visit;
before(async () => {
  desk = await openDesk(model);
  ({ providers, crosspoint, visited } = desk);
});
afterEach(() => assert.deepEqual(providers.mistakes, []));
after(() => desk.close());

const review = (page: Page) => page.getByRole('region', { name: 'Review' });
const button = (page: Page, name: RegExp) => review(page).getByRole('button', { name }).first();

const task = (text: string, { page } = visited) => beginThread(desk, page, text);

const said = (page: Page, text: string | RegExp) => page.getByRole('log').getByText(text).last().waitFor();

test('approve by a key: the command runs and its output reaches the model', async () => {
  const { page } = await task('Do it.');
  await review(page).getByText('echo one').waitFor();
  await page.keyboard.press('Control+Enter');
  await said(page, /gpt-4.1 read: exit code 0/);
  assert.deepEqual(visited.complaints, []);
});

test('reject with a reason: nothing runs and the model reads the reason', async () => {
  const { page, threadId } = await task('Do it.');
  await button(page, /^Reject/).click();
  await page.getByRole('textbox', { name: /Reason/ }).fill('not today');
  await page.getByRole('button', { name: 'Reject it' }).click();
  await said(page, /read: The person rejected this call. It was not run. Reason: not today/);
  assert.equal((await crosspoint.thread(threadId)).toolCalls[0]?.status, 'rejected');
});

test('edit the arguments: what ran is the edited command, and the model is told', async () => {
  const { page, threadId } = await task('Do it.');
  await button(page, /^Edit/).click();
  const editor = page.getByRole('textbox', { name: 'Your version' });
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('echo mine');
  await button(page, /^Approve my version/).click();
  await said(page, /The person changed the arguments of this call/);
  const { toolCalls, messages } = await crosspoint.thread(threadId);
  assert.equal(toolCalls[0]?.status, 'ok');
  assert.match(JSON.stringify(messages), /stdout:\\nmine/);
});

test('words instead: nothing runs and the model reads them', async () => {
  const { page } = await task('Do it.');
  await review(page).waitFor();
  await page.getByRole('textbox', { name: 'Message' }).fill('Use printf, please.');
  await page.keyboard.press('Enter');
  await said(page, /says instead:\s*Use printf, please\./);
});

test('another model at the review: nothing runs, and it continues with the same conversation', async () => {
  const { page, threadId } = await task('Do it.');
  await button(page, /^Other model/).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').fill('haiku 4.5');
  await dialog
    .getByRole('option', { name: /Claude Haiku 4\.5/ })
    .first()
    .click();
  await said(page, /claude-haiku-4-5 read: This call was not run/);
  await page.getByRole('group', { name: 'Model switched' }).getByText('receipt').click();
  await page.getByRole('group', { name: 'Model switched' }).getByText(/kept/i).first().waitFor();
  assert.equal((await crosspoint.thread(threadId)).modelConfig.model, 'claude-haiku-4-5');
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, {
    modelConfig: { provider: 'openai', model: 'gpt-4.1' },
  });
});

test('two calls, one approved and one rejected', async () => {
  const { page, threadId } = await task('Do two things.');
  await review(page)
    .getByRole('group', { name: /a\.txt/ })
    .getByRole('button', { name: 'Approve' })
    .click();
  const second = review(page).getByRole('group', { name: /b\.txt/ });
  await second.getByRole('button', { name: 'Reject' }).click();
  await page.getByRole('button', { name: 'Reject it' }).click();
  await button(page, /^Send/).click();
  await said(page, /gpt-4.1 read/);
  const { toolCalls } = await crosspoint.thread(threadId);
  assert.deepEqual(
    toolCalls.map(({ status }) => status),
    ['ok', 'rejected'],
  );
});

test('what a change would break is told, and that its file was changed since; then what is seen is approved', async () => {
  const { page, threadId } = await task('Do the broken thing.');
  await review(page).getByText('a.js has a new syntax error at line 1').waitFor();
  const save = { path: 'a.js', content: 'let a = 1;\n' };
  await crosspoint.api('PUT', `/api/threads/${threadId}/files/content`, save);
  await page.reload();
  await review(page)
    .getByText('a.js was changed since this was proposed. This is what it would do now.')
    .waitFor();
  await assertAccessible(page, 'a change whose file was changed');
  await button(page, /^Approve/).click();
  await said(page, /read: Wrote a\.js \(\+1 -1\)/);
});

test('characters that cannot be seen are announced and shown by their code', async () => {
  const { page } = await task('Do the hidden thing.');
  await review(page)
    .getByRole('alert')
    .getByText(/2 characters here cannot be seen/)
    .waitFor();
  await review(page).getByText(/202E/i).first().waitFor();
  await assertAccessible(page, 'review');
  await button(page, /^Reject/).click();
  await page.getByRole('button', { name: 'Reject it' }).click();
  await said(page, /rejected this call/);
});

test('stop keeps what was written; a reload in the middle shows the same text and goes on', async () => {
  const { page, threadId } = await task('Write slowly.');
  await said(page, /word word/);
  await page.reload();
  await said(page, /word word/);
  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.getByRole('button', { name: /^Send/ }).waitFor();
  const { messages } = await crosspoint.thread(threadId);
  const stored =
    messages
      .at(-1)
      ?.parts.map((part) => (part.type === 'text' ? part.text : ''))
      .join('') ?? '';
  assert.equal(messages.at(-1)?.status, 'partial');
  const shown = await page
    .getByRole('article', { name: /^Answer/ })
    .last()
    .locator('p')
    .first()
    .innerText();
  assert.equal(shown.trim(), stored.trim());
});

test('a failure stands in the timeline with its sentence and a way out', async () => {
  const { page } = await task('This fails.');
  await said(page, /OpenAI refused the request: No such thing/);
  await page
    .getByRole('log')
    .getByRole('button', { name: /model|again/i })
    .first()
    .waitFor();
});

test('a budget that is reached pauses the run and asks; raising it goes on', async () => {
  const { page, threadId } = await task('Do it.');
  await review(page).waitFor();
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, { budgetUsd: 0.001 });
  await page.reload();
  await button(page, /^Approve/).click();
  await page
    .getByRole('note', { name: 'The run failed' })
    .getByText(/reached its budget of \$0\.001/)
    .waitFor();
  await page.getByRole('button', { name: /Raise the budget to \$0\.01 and go on/ }).click();
  await review(page).waitFor();
  assert.equal((await crosspoint.thread(threadId)).budgetUsd, 0.01);
  // Two requests with all tools cost about that much.
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, { budgetUsd: 1 });
  await button(page, /^Reject/).click();
  await page.getByRole('button', { name: 'Reject it' }).click();
  await said(page, /rejected this call/);
});

test('two tabs see the same run, and a decision in one is seen in the other', async () => {
  const { page, threadId } = await task('Do it.');
  const other = await visited.context.newPage();
  await other.goto(`${crosspoint.origin}/t/${threadId}`);
  await review(other).waitFor();
  await button(page, /^Approve/).click();
  await said(other, /read: exit code 0/);
  await review(other).waitFor({ state: 'detached' });
  await other.close();
});

test('the connection comes back without a lost word after the server was restarted', async () => {
  const { page, threadId } = await task('Do it.');
  await review(page).waitFor();
  await crosspoint.restart();
  await crosspoint.decide(threadId, { action: 'approved' });
  await said(page, /read: exit code 0/);
});

test('on a phone: the review fits, and the threads are a drawer', async () => {
  const { page } = await task('Do two things.', { ...visited });
  await page.setViewportSize({ width: 390, height: 844 });
  await review(page).waitFor();
  await assertFits(page);
  await assertAccessible(page, 'review on a phone');
  await page
    .getByRole('button', { name: /threads/i })
    .first()
    .click();
  await page.getByRole('link', { name: /New thread/ }).waitFor();
  await page.setViewportSize({ width: 1440, height: 900 });
});
