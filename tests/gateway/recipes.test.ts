import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Crosspoint } from '#tests/support/crosspoint.ts';

/** The recipes of docs/gateway.md, as they stand there, at a server without any provider's key. */

const run = promisify(execFile);
const [, recipes = ''] = readFileSync('docs/gateway.md', 'utf8').split('\n## Recipes\n');
const blocks = [...recipes.matchAll(/```(sh|js)\n([\s\S]+?)```/g)].map(([, language, code = '']) => ({
  language,
  code,
  title: /from '([^']+)'/.exec(code)?.[1] ?? 'curl',
}));

let crosspoint: Crosspoint;
let key: string;
before(async () => {
  crosspoint = await Crosspoint.start();
  key = (await crosspoint.command('key', 'create', 'recipes')).stdout.trim();
});
after(() => crosspoint.remove());

test('there are recipes', () => {
  assert.equal(blocks.length, 5);
});

for (const { language, code, title } of blocks)
  test(`the recipe for ${title} gets an answer from the demo with a minted key`, async () => {
    const here = code.replaceAll('http://localhost:3210', crosspoint.origin);
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, CROSSPOINT_KEY: key };
    const [program, args] =
      language === 'sh' ? ['sh', ['-c', here]] : [process.execPath, ['--input-type=module', '--eval', here]];
    const { stdout, stderr } = await run(program, args, { env, timeout: 60_000 });
    assert.ok(stdout.trim().length > 20, stdout + stderr);
    assert.doesNotMatch(stdout, /"error"/);
    assert.equal(stderr, '');
  });
