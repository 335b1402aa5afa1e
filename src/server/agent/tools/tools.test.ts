import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { DirectorySandboxes } from '../testing/directory-sandbox.ts';
import { toolContext } from '../testing/tool-context.ts';
import { standardTools } from './index.ts';
import { fileHash } from './text-file.ts';
import type { ToolOutcome } from './tool.ts';

const root = mkdtempSync(join(tmpdir(), 'crosspoint-tools-'));
const sandboxes = new DirectorySandboxes(root);
after(() => rmSync(root, { recursive: true, force: true }));

async function workspace(files: Record<string, string | Uint8Array>): Promise<Sandbox> {
  const sandbox = await sandboxes.open(`w${Math.random()}`);
  for (const [path, content] of Object.entries(files)) await sandbox.files.write(path, Buffer.from(content));
  return sandbox;
}

function use(sandbox: Sandbox, name: string, args: object, output: string[] = []): Promise<ToolOutcome> {
  const tool = standardTools.find((known) => known.name === name);
  assert.ok(tool);
  return tool.run(tool.parse(args), toolContext(sandbox, { output }));
}

async function textOf(sandbox: Sandbox, path: string): Promise<string> {
  return Buffer.from(await sandbox.files.read(path)).toString();
}

test('the tools are those of the contract, in a stable order, each with a schema', () => {
  assert.deepEqual(
    standardTools.map(({ name, kind }) => `${name} ${kind}`),
    [
      'read_file read',
      'list_files read',
      'search_text read',
      'write_file edit',
      'edit_file edit',
      'run_terminal_command command',
      'execute_code command',
      'read_output read',
      'load_skill read',
      'recall read',
      'update_plan read',
    ],
  );
  for (const tool of standardTools) assert.equal(tool.parameters.type, 'object');
});

test('read_file numbers lines, pages, and says how to read on', async () => {
  const lines = Array.from({ length: 3_000 }, (_value, index) => `line ${index + 1}`).join('\n');
  const sandbox = await workspace({ 'long.txt': lines, 'empty.txt': '' });
  const first = await use(sandbox, 'read_file', { path: 'long.txt' });
  assert.match(first.text, /^ {5}1\tline 1\n/);
  assert.match(first.text, /\[lines 1 to 2000 of 3000; read on with offset 2001\]$/);
  const next = await use(sandbox, 'read_file', { path: 'long.txt', offset: 2_999, limit: null });
  assert.equal(next.text, '  2999\tline 2999\n  3000\tline 3000');
  assert.equal((await use(sandbox, 'read_file', { path: 'long.txt', offset: 4_000 })).status, 'error');
  assert.match((await use(sandbox, 'read_file', { path: 'empty.txt' })).text, /is empty/);
});

test('read_file shows images and names binary files', async () => {
  const png = Buffer.from('89504e470d0a1a0a00000000', 'hex');
  const sandbox = await workspace({ 'a.txt': png, 'b.bin': Buffer.from([1, 0, 2]) });
  const image = await use(sandbox, 'read_file', { path: 'a.txt' });
  assert.deepEqual(image.images, [{ type: 'image', mediaType: 'image/png', data: png.toString('base64') }]);
  assert.match((await use(sandbox, 'read_file', { path: 'b.bin' })).text, /binary file of 3 bytes/);
});

test('a very long line and a very long page are cut', async () => {
  const sandbox = await workspace({ 'wide.txt': `${'x'.repeat(100_000)}\n`.repeat(100) });
  const { text } = await use(sandbox, 'read_file', { path: 'wide.txt' });
  assert.ok(text.length < 65_000);
  assert.match(text, /read on with offset/);
});

test('list_files leaves out what is never worth listing, and takes a glob and a folder', async () => {
  const sandbox = await workspace({
    'src/a.ts': '',
    'src/deep/b.ts': '',
    'readme.md': '',
    'node_modules/x/index.js': '',
    '.git/config': '',
    "it's here.txt": '',
  });
  const all = await use(sandbox, 'list_files', {});
  assert.equal(all.text, "it's here.txt\nreadme.md\nsrc/a.ts\nsrc/deep/b.ts");
  assert.equal((await use(sandbox, 'list_files', { glob: '**/*.ts' })).text, 'src/a.ts\nsrc/deep/b.ts');
  assert.equal((await use(sandbox, 'list_files', { path: 'src', glob: '*.ts' })).text, 'src/a.ts');
  assert.match((await use(sandbox, 'list_files', { path: 'node_modules' })).text, /x\/index\.js/);
  await assert.rejects(use(sandbox, 'list_files', { path: 'nowhere' }), /no file "nowhere"/);
});

test('search_text finds lines, takes the pattern as data, and tells a bad pattern from no match', async () => {
  const sandbox = await workspace({ 'src/a.ts': 'const total = 1;\nlet other;\n', 'b.md': 'total\n' });
  assert.equal(
    (await use(sandbox, 'search_text', { pattern: 'total', glob: '*.ts' })).text,
    'src/a.ts:1:const total = 1;',
  );
  assert.match((await use(sandbox, 'search_text', { pattern: 'total', path: 'src' })).text, /^src\/a\.ts:1:/);
  assert.match(
    (await use(sandbox, 'search_text', { pattern: "'; touch hacked; '" })).text,
    /Nothing matches/,
  );
  assert.equal(await sandbox.files.stat('hacked'), null);
  assert.match((await use(sandbox, 'search_text', { pattern: '-e' })).text, /Nothing matches/);
  assert.equal((await use(sandbox, 'search_text', { pattern: '(' })).status, 'error');
});

test('write_file previews and writes; a folder is refused; a binary file is replaced without a diff', async () => {
  const sandbox = await workspace({ 'a.txt': 'one\ntwo\n', 'dir/x': '', 'b.bin': Buffer.from([0, 1]) });
  const tool = standardTools.find((known) => known.name === 'write_file');
  const preview = await tool?.preview?.({ path: 'a.txt', content: 'one\nTWO\n' }, toolContext(sandbox));
  assert.deepEqual(preview, {
    path: 'a.txt',
    before: 'one\ntwo\n',
    after: 'one\nTWO\n',
    added: 1,
    removed: 1,
    isNew: false,
    base: fileHash('one\ntwo\n'),
  });
  assert.equal(await textOf(sandbox, 'a.txt'), 'one\ntwo\n', 'a preview changes nothing');
  assert.equal(
    (await use(sandbox, 'write_file', { path: 'a.txt', content: 'x\n' })).summary,
    'Wrote a.txt (+1 -2)',
  );
  assert.equal(
    (await use(sandbox, 'write_file', { path: 'new/deep.txt', content: 'x' })).summary,
    'Created new/deep.txt (+1 -0)',
  );
  assert.equal(await tool?.preview?.({ path: 'b.bin', content: 'x' }, toolContext(sandbox)), undefined);
  await assert.rejects(use(sandbox, 'write_file', { path: 'dir', content: 'x' }), /is a folder/);
});

test('write_file keeps the line ends that no model sees, and shows only what changes', async () => {
  const sandbox = await workspace({ 'a.bat': 'one\r\ntwo\r\n' });
  const { summary } = await use(sandbox, 'write_file', { path: 'a.bat', content: 'one\nTWO\n' });
  assert.equal(summary, 'Wrote a.bat (+1 -1)');
  assert.equal(await textOf(sandbox, 'a.bat'), 'one\r\nTWO\r\n');
});

test('edit_file applies all edits or none, and refuses the forms it does not know', async () => {
  const sandbox = await workspace({ 'a.txt': 'one\ntwo\nthree\n' });
  const edits = [
    { oldText: 'one', newText: '1' },
    { oldText: 'three', newText: '3' },
  ];
  assert.equal((await use(sandbox, 'edit_file', { path: 'a.txt', edits })).summary, 'Edited a.txt (+2 -2)');
  const half = [
    { oldText: '1', newText: 'x' },
    { oldText: 'gone', newText: 'y' },
  ];
  await assert.rejects(
    use(sandbox, 'edit_file', { path: 'a.txt', edits: half }),
    /Edit 2: oldText does not stand/,
  );
  assert.equal(await textOf(sandbox, 'a.txt'), '1\ntwo\n3\n');
  for (const args of [{ update: 'x' }, { edits: half, patch: 'x' }, {}])
    assert.throws(() => use(sandbox, 'edit_file', { path: 'a.txt', ...args }), /edits/);
  await assert.rejects(use(sandbox, 'edit_file', { path: 'a.txt', patch: 'x' }), /neither a V4A patch/);
});

test('commands give exit code and both streams, stream while they run, and end with their time limit', async () => {
  const sandbox = await workspace({});
  const output: string[] = [];
  const failed = await use(
    sandbox,
    'run_terminal_command',
    { command: 'echo out; echo err >&2; exit 3' },
    output,
  );
  assert.equal(failed.status, 'error');
  assert.equal(failed.exitCode, 3);
  assert.equal(failed.text, 'exit code 3\n\nstdout:\nout\n\nstderr:\nerr');
  assert.equal(output.join('').length, 8);
  const late = await use(sandbox, 'run_terminal_command', { command: 'sleep 20', timeoutMs: 200 });
  assert.match(late.text, /did not end within/);
  const long = await use(sandbox, 'run_terminal_command', { command: 'seq 1 100000' });
  assert.ok(long.text.length < 21_000);
  assert.match(long.text, /characters left out/);
  assert.match(long.text, /\n100000$/);
});

test('execute_code runs each language from standard input and leaves no file', async () => {
  const sandbox = await workspace({});
  const python = spawnSync('python3', ['--version']).status === 0;
  const programs = [
    ...(python ? [['python', 'print(1 + 1)']] : []),
    ['javascript', 'console.log(require("node:path").sep.length + 1)'],
    ['typescript', 'const two: number = 2; console.log(await Promise.resolve(two));'],
    ['bash', 'echo $((1 + 1))'],
  ];
  for (const [language, code] of programs) {
    const { text } = await use(sandbox, 'execute_code', { language, code });
    assert.match(text, /^exit code 0\n\nstdout:\n2/, `${language}: ${text}`);
  }
  assert.deepEqual(await sandbox.files.list('.'), []);
});
