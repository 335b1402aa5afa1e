import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Message } from '#protocol/message.ts';
import { DirectorySandboxes } from '../testing/directory-sandbox.ts';
import { toolContext } from '../testing/tool-context.ts';
import { listFiles } from './list-files.ts';
import { recall } from './recall.ts';
import { searchText } from './search-text.ts';
import type { WorkspaceTool } from './tool.ts';

const root = mkdtempSync(join(tmpdir(), 'crosspoint-read-on-'));
const sandbox = await new DirectorySandboxes(root).open('w');
after(() => rmSync(root, { recursive: true, force: true }));
const made = await sandbox.exec(
  `mkdir -p src/deep docs && cd src && for n in $(seq 1 400); do echo "const needle = $n;" > deep/f$n.ts; done
   for n in $(seq 1 150); do echo "needle" > ../docs/d$n.md; done; touch ../top.txt`,
);
assert.equal(made.exitCode, 0);

async function textOf<Args>(tool: Pick<WorkspaceTool<Args>, 'parse' | 'run'>, args: object): Promise<string> {
  const { status, text } = await tool.run(tool.parse(args), toolContext(sandbox));
  assert.equal(status, 'ok');
  return text;
}

test('a list that is cut says how many files each folder has, so that the next one can be shorter', async () => {
  const text = await textOf(listFiles as WorkspaceTool<unknown>, {});
  assert.equal(text.split('\n').length, 501);
  assert.match(
    text,
    /\[51 more\. Name a path or a glob to see fewer\. By folder: src\/ 400, docs\/ 150, \(no folder\) 1\]$/,
  );
  const inside = await textOf(listFiles as WorkspaceTool<unknown>, { path: 'src', glob: '**/f1*.ts' });
  assert.equal(inside.split('\n').length, 111);
});

test('a search that is cut says where most of it is', async () => {
  const text = await textOf(searchText as WorkspaceTool<unknown>, { pattern: 'needle' });
  assert.equal(text.split('\n').length, 201);
  assert.match(text, /there are more\. .* a path or a glob\. Most of these are in [^ ]+ \(1\), /);
});

test('one long message is recalled page by page, to the last character', async () => {
  const words = Array.from({ length: 4_000 }, (_value, at) => `word${at}`).join(' ');
  const base = { threadId: 't', runId: 'r', status: 'complete' as const, createdAt: '' };
  const record: Message[] = [
    { ...base, id: 'a', seq: 1, role: 'user', parts: [{ type: 'text', text: 'Do it.' }] },
    { ...base, id: 'b', seq: 2, role: 'user', parts: [{ type: 'text', text: words }] },
    { ...base, id: 'c', seq: 3, role: 'user', parts: [{ type: 'text', text: 'More.' }] },
  ];
  let [read, offset, pages] = ['', 0, 0];
  for (; offset >= 0; pages += 1) {
    const { text } = await recall.run(recall.parse({ from: 2, offset }), toolContext(sandbox, { record }));
    assert.match(text, /^#2 person:\n/);
    const next = /\n\[characters \d+ to \d+ of \d+; read on with recall (\{.*\})\]$/.exec(text);
    read += text.slice('#2 person:\n'.length, next?.index);
    offset = next ? (recall.parse(JSON.parse(next[1] ?? '')).offset ?? -1) : -1;
  }
  assert.equal(read, words);
  assert.ok(pages > 4);
});
