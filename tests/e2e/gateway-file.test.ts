import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { assertFineEverywhere, launch, visit } from './browser.ts';

const file = `
models:
  fast:
    strategy: weight
    endpoints:
      - { provider: demo, model: scripted-a, weight: 3 }
      - { provider: openai, model: gpt-4.1, key: OPENAI_API_KEY_2 }
limits:
  budget: { usd: 20, period: month }
`;

test('what a file says is shown with its path, what it lacks is named, and nothing of it can be changed in the page', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'crosspoint-')), 'gateway.yaml');
  writeFileSync(path, file);
  const [browser, crosspoint] = await Promise.all([launch(), Crosspoint.start({ GATEWAY_CONFIG: path })]);
  try {
    const { page, complaints } = await visit(browser, crosspoint.link);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('link', { name: 'Gateway' }).click();
    await page.getByText(path).waitFor();
    const models = page.getByRole('list', { name: 'Models of your own names' });
    await models.getByText('by weight').waitFor();
    await models.getByText('is not set').waitFor();
    await page.getByRole('list', { name: 'Limits' }).getByText('budget $20.00 a month').waitFor();
    assert.equal(await page.getByRole('button', { name: /^(Change|Remove|New model|New limit)/ }).count(), 0);
    assert.ok(await page.getByRole('combobox', { name: /^When limits cannot/ }).isDisabled());
    await page.getByRole('button', { name: 'New key…' }).waitFor();
    await assertFineEverywhere(page, 'a gateway of a file');
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
    await crosspoint.remove();
  }
});
