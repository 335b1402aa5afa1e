import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ThreadsAnswer } from '#protocol/answers.ts';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { assertAccessible, assertFits, sizes } from './browser.ts';
import { messageBox, openDesk, type Desk } from './desk.ts';

const small = { provider: 'groq', model: 'openai/gpt-oss-120b' };
const tooLong = 'Please reduce the length of the messages or completion.';
const summary = 'They asked two hundred questions.';

function model({ lastUserText, model: name, messages }: Asked): Answer {
  if (/unshortened/.test(lastUserText) && messages > 300)
    return { fault: { kind: 'status', status: 400, code: 'context_length_exceeded', message: tooLong } };
  return { text: /summar/i.test(lastUserText) ? summary : `${name} read ${messages} messages.` };
}

let desk: Desk;
let page: Page;
before(async () => {
  desk = await openDesk(model);
  ({ page } = desk.visited);
});
afterEach(() => {
  assert.deepEqual(desk.providers.mistakes, []);
  assert.deepEqual(desk.providers.refusals, []);
  assert.deepEqual(desk.visited.complaints, []);
});
after(() => desk.close());

/** A recorded conversation that the small model has no room for; gives its id. */
async function openLongThread(): Promise<string> {
  const { crosspoint } = desk;
  const writer = { role: 'assistant', provider: 'openai', model: 'gpt-4.1', wire: 'openai-chat' };
  const part = (text: string) => ({ parts: [{ type: 'text', text }] });
  const lines = Array.from({ length: 200 }, (_, index) => [
    { role: 'user', ...part(`Question ${index} ${'lorem ipsum dolor '.repeat(200)}`) },
    { ...writer, ...part(`Answer ${index}.`) },
  ]).flat();
  const file = join(crosspoint.dataDir, 'long.jsonl');
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  await crosspoint.command('import', file);
  const { threads } = await crosspoint.api<ThreadsAnswer>('GET', '/api/threads');
  const id = threads[0]?.id ?? '';
  const modelConfig = { provider: 'openai', model: 'gpt-4.1' };
  await crosspoint.api('PATCH', `/api/threads/${id}`, { modelConfig });
  await page.goto(`${crosspoint.origin}/t/${id}`);
  await send('Hello?');
  await said(/gpt-4\.1 read \d+ messages/);
  return id;
}

async function send(text: string): Promise<void> {
  await messageBox(page).fill(text);
  await page.keyboard.press('Enter');
}

const said = (text: string | RegExp) => page.getByRole('log').getByText(text).last().waitFor();
const line = () => page.getByRole('group', { name: 'Conversation compacted' }).last();
const dialog = () => page.getByRole('dialog', { name: 'Compact the conversation' });

async function everySize(where: string): Promise<void> {
  await assertAccessible(page, where);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await assertAccessible(page, `${where}, dark`);
  await page.setViewportSize(sizes.phone);
  await assertFits(page);
  await assertAccessible(page, `${where}, on a dark phone`);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(sizes.desktop);
}

/** What the meter of the context says, opened and closed again. */
async function contextRows(): Promise<string> {
  await page.getByRole('button', { name: /^Context: .* tokens\. Show what they are$/ }).click();
  const details = page.getByRole('dialog', { name: /^Context: / });
  for (const name of [
    'Messages',
    'Descriptions of the tools',
    'System prompt',
    'Kept for the answer',
    'Free',
  ])
    await details.getByRole('rowheader', { name }).waitFor();
  const rows = await details.getByRole('table').innerText();
  await everySize('what the context is spent on');
  await details.getByRole('button', { name: 'Compact…' }).waitFor();
  await page.keyboard.press('Escape');
  return rows;
}

test('the picker says that it will not fit; an outline needs no model, and only the one that needs it reads it', async () => {
  const id = await openLongThread();
  const whole = await contextRows();
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('combobox', { name: 'Search models' }).fill('gpt-oss-120b groq');
  await page.getByRole('option', { name: /too small for this conversation/ }).waitFor();
  await page.getByText(/They do not fit into its 131k/).waitFor();
  await page.getByText(/offers to compact first, with GPT-4\.1 \(about \$/).waitFor();
  await everySize('preview of a model that is too small');
  await page.keyboard.press('Enter');
  await dialog()
    .getByRole('combobox', { name: 'Written by' })
    .selectOption({ label: 'No model: an outline made by rule, free and at once' });
  await everySize('what to compact with');
  await dialog().getByRole('button', { name: 'Compact and switch' }).click();
  await line()
    .getByText(/an outline made by rule, free/)
    .waitFor();
  await page.getByRole('button', { name: /^Model: GPT-OSS 120B/ }).waitFor();
  assert.equal(await page.getByRole('note', { name: 'Too long for the model' }).count(), 0);
  await send('And now?');
  await said(/gpt-oss-120b read \d+ messages/);
  assert.notEqual(await contextRows(), whole, 'counted for the model that reads it now');
  const { messages, compaction } = await desk.crosspoint.thread(id);
  assert.equal(messages.length, 404, 'the record is whole');
  assert.deepEqual([compaction?.method, compaction?.inUse], ['outline', true]);
});

test('the line opens to the text, which can be edited, and the whole conversation can be used again', async () => {
  await line().getByText('text', { exact: true }).click();
  await line().getByRole('region', { name: 'The text' }).waitFor();
  await line().getByRole('button', { name: 'Edit…' }).click();
  await page.getByRole('textbox', { name: 'The text' }).fill('My own words for it.');
  await everySize('editing a compaction');
  await page.getByRole('button', { name: 'Save my version' }).click();
  await page.getByRole('group', { name: 'Conversation compacted' }).nth(1).waitFor();
  await line().getByText('text', { exact: true }).click();
  await line().getByText('My own words for it.').waitFor();
  await line().getByRole('button', { name: 'Use the whole conversation again' }).click();
  await page.getByRole('note').getByText('The whole conversation is used again').waitFor();
  await page.getByRole('button', { name: 'Use the whole conversation again' }).waitFor({ state: 'detached' });
});

test('the composer says before a message that it is too long; a model writes the summary, and its cost is told', async () => {
  const note = page.getByRole('note', { name: 'Too long for the model' });
  await page.reload();
  await note.getByText(/does not fit into the 131k of GPT-OSS 120B/).waitFor();
  await everySize('too long for the model');
  await note.getByRole('button', { name: 'Compact with…' }).click();
  await dialog()
    .getByRole('option', { name: /GPT-OSS 120B: a summary, about \$/ })
    .waitFor({ state: 'attached' });
  await dialog().getByRole('combobox', { name: 'Written by' }).selectOption('groq/openai/gpt-oss-120b');
  await dialog().getByRole('button', { name: 'Compact', exact: true }).click();
  await line()
    .getByText(/written by GPT-OSS 120B, \$/)
    .waitFor();
  await note.waitFor({ state: 'detached' });
  await line().getByText('text', { exact: true }).click();
  await line().getByText(summary).waitFor();
});

test('a run that does not fit and may not compact by itself fails with "Compact" and a bigger model with its cost', async () => {
  const id = await openLongThread();
  await desk.crosspoint.api('PATCH', `/api/threads/${id}`, { modelConfig: small, autoCompact: false });
  await page.reload();
  await send('And now, unshortened?');
  const note = page.getByRole('note', { name: 'The run failed' });
  await note.getByText('context_overflow').waitFor();
  await note.getByRole('button', { name: /^Continue with .*, about \$/ }).waitFor();
  await note.getByRole('button', { name: 'Bigger model…' }).waitFor();
  await everySize('a run that does not fit');
  await note.getByRole('button', { name: 'Compact…' }).click();
  await dialog().getByRole('combobox', { name: 'Written by' }).selectOption('');
  await dialog().getByRole('button', { name: 'Compact and go on' }).click();
  await said(/gpt-oss-120b read \d+ messages/);
});
