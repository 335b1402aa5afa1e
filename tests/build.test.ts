import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePage } from '../scripts/build-page.ts';

/** What only the engine says; each is in its sources, or this test would look for nothing. */
const marks: Record<string, string> = {
  'src/server/store/sqlite-file.ts': 'pragma journal_mode',
  'src/server/gateway/upstreams/helicone-proxy.ts': 'helicone-auth',
  'src/server/agent/prompt.ts': 'You are the coding agent',
  'src/server/sandbox/local/bwrap-arguments.ts': '--unshare-pid',
};

test('the build of the page carries no copy of the engine: one process holds one app', async () => {
  for (const [file, mark] of Object.entries(marks))
    assert.ok(readFileSync(file, 'utf8').includes(mark), file);
  await ensurePage();
  const scripts = readdirSync('build', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
  assert.ok(scripts.length > 20);
  for (const name of scripts) {
    const text = readFileSync(join('build', name), 'utf8');
    for (const mark of [...Object.values(marks), 'node:sqlite', '@langchain/'])
      assert.ok(!text.includes(mark), `${name} contains "${mark}"`);
  }
});
