import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Message } from '#protocol/message.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { DirectorySandboxes } from '../testing/directory-sandbox.ts';
import { toolContext } from '../testing/tool-context.ts';
import { editFile } from './edit-file.ts';
import { fileHash } from './text-file.ts';
import type { OfferFacts } from './tool.ts';
import { writeFile } from './write-file.ts';

const root = mkdtempSync(join(tmpdir(), 'crosspoint-edit-'));
const sandboxes = new DirectorySandboxes(root);
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

async function workspace(content: string): Promise<Sandbox> {
  const sandbox = await sandboxes.open(`w${count++}`);
  await sandbox.files.write('src/a.js', Buffer.from(content));
  return sandbox;
}

const textOf = async (sandbox: Sandbox) => Buffer.from(await sandbox.files.read('src/a.js')).toString();

/** A conversation in which the model saw the file with this content. */
const seen = (content: string): Message[] => [
  {
    ...{ id: 'm', threadId: 'thread', seq: 1, runId: 'run', role: 'tool', status: 'complete', createdAt: '' },
    parts: [
      {
        ...{ type: 'tool-result', toolCallId: 'c', name: 'read_file', status: 'ok', text: '' },
        file: { path: 'src/a.js', hash: fileHash(content) },
      },
    ],
  } as Message,
];

const tool = editFile(null);

function edit(sandbox: Sandbox, args: object, record: Message[] = []) {
  return tool.run(tool.parse({ path: 'src/a.js', ...args }), toolContext(sandbox, { record }));
}

const before = 'function one() {\n  return 1;\n}\n\nfunction two() {\n  return 2;\n}\n';
const wanted = before.replace('return 2', 'return 22');

test('edits and patches of every format are taken, whatever form the model was offered', async () => {
  const forms: object[] = [
    { edits: [{ oldText: 'return 2;', newText: 'return 22;' }] },
    {
      patch:
        '*** Begin Patch\n*** Update File: src/a.js\n@@ function two() {\n-  return 2;\n+  return 22;\n }\n*** End Patch',
    },
    {
      patch:
        '--- a/src/a.js\n+++ b/src/a.js\n@@ -5,3 +5,3 @@\n function two() {\n-  return 2;\n+  return 22;\n }\n',
    },
    { patch: '<<<<<<< SEARCH\n  return 2;\n=======\n  return 22;\n>>>>>>> REPLACE' },
  ];
  for (const form of forms) {
    const sandbox = await workspace(before);
    const outcome = await edit(sandbox, form);
    assert.equal(outcome.text, 'Edited src/a.js (+1 -1).');
    assert.deepEqual(outcome.file, { path: 'src/a.js', hash: fileHash(wanted) });
    assert.equal(await textOf(sandbox), wanted);
  }
});

test('exactly one form is taken, and one that is not text is refused', () => {
  const wrong: [object, RegExp][] = [
    [{}, /edits is needed/],
    [{ edits: [] }, /at least one edit/],
    [{ patch: '' }, /patch: is empty/],
    [{ patch: 3 }, /patch: must be a text/],
    [{ edits: [{ oldText: 'a', newText: 'b' }], patch: 'x' }, /give only one of edits, patch and update/],
    [{ update: '// ... existing code ...' }, /update is not available here.*Use edits/],
  ];
  for (const [args, problem] of wrong) assert.throws(() => tool.parse({ path: 'a', ...args }), problem);
});

test('the form follows the model: patches for those that know them, edits for all, lazy edits only with Morph', () => {
  const fastApply = { merge: () => Promise.reject(new Error('unused')), close: () => Promise.resolve() };
  const facts = (model: string, useMorph: boolean): OfferFacts => ({
    threadId: 't',
    target: {
      ...{ provider: 'any', model, wire: 'openai-chat' },
      capabilities: { tools: true, images: true, reasoning: true, temperature: true },
    },
    useMorph,
    isCompacted: false,
  });
  const names = (offered: ReturnType<typeof editFile>, model: string, useMorph: boolean) => {
    const form = offered.form?.(facts(model, useMorph));
    assert.deepEqual(form, offered.form?.(facts(model, useMorph)), 'the same facts, the same bytes');
    const { properties, required } = form?.parameters as { properties: object; required: string[] };
    return [...Object.keys(properties).slice(2), '|', ...required].join(' ');
  };
  const withMorph = editFile(fastApply);
  for (const model of [
    'gpt-5.1',
    'openai/gpt-4.1',
    'gpt-5-codex',
    'codex-mini-latest',
    'o4-mini',
    'openai/o3',
  ])
    assert.equal(names(tool, model, true), 'patch edits | path', model);
  for (const model of [
    'claude-sonnet-4-5',
    'llama-3.3-70b',
    'gemini-3-pro',
    'moonshotai/kimi-k2',
    'qwen3-coder',
  ])
    assert.equal(names(tool, model, true), 'edits | path edits', model);
  assert.equal(names(withMorph, 'claude-sonnet-4-5', true), 'edits update | path');
  assert.equal(names(withMorph, 'claude-sonnet-4-5', false), 'edits | path edits');
  assert.equal(names(withMorph, 'gpt-5.1', true), 'patch edits update | path');
});

test('an edit that stood there only nearly says how it was found, in a file that the model knows or never saw', async () => {
  for (const record of [seen(before), []]) {
    const sandbox = await workspace(before);
    const outcome = await edit(
      sandbox,
      {
        edits: [{ oldText: 'function two() {  \n  return 2;', newText: 'function two() {  \n  return 22;' }],
      },
      record,
    );
    assert.match(
      outcome.text,
      /^Edited src\/a\.js \(\+1 -1\)\. Edit 1 stood there only but for whitespace at the end/,
    );
    assert.equal(await textOf(sandbox), wanted);
  }
});

test('in a file that was changed since the model saw it only an exact edit is made, with a note', async () => {
  const sandbox = await workspace(before);
  const record = seen('something else\n');
  const nearly = [{ oldText: 'function two() {  \n  return 2;', newText: 'function two() {\n  return 3;' }];
  await assert.rejects(edit(sandbox, { edits: nearly }, record), (cause: Error) => {
    assert.match(cause.message, /was changed since you last saw it\. Nothing was changed/);
    assert.match(cause.message, /\n +5\tfunction two\(\) \{\n +6\t {2}return 2;/);
    return true;
  });
  assert.equal(await textOf(sandbox), before);
  const exact = await edit(sandbox, { edits: [{ oldText: 'return 2;', newText: 'return 22;' }] }, record);
  assert.match(exact.text, /^Edited src\/a\.js \(\+1 -1\)\. The file had been changed since you last saw it/);
});

test('however a path is spelled, it is the same file', async () => {
  const sandbox = await workspace(before);
  const path = './src/../src/a.js';
  const outcome = await edit(
    sandbox,
    { path, edits: [{ oldText: 'return 2;', newText: 'return 22;' }] },
    seen('x'),
  );
  assert.equal(outcome.file?.path, 'src/a.js');
  assert.match(outcome.text, /had been changed since/);
});

test('a placeholder in place of code is refused, in edits, patches and whole files', async () => {
  const sandbox = await workspace(before);
  const forms: object[] = [
    { edits: [{ oldText: '  return 2;', newText: '  // ... existing code ...' }] },
    { patch: '@@ function two() {\n-  return 2;\n+  // rest of the function unchanged\n }' },
  ];
  for (const form of forms)
    await assert.rejects(
      edit(sandbox, form),
      /line 6 of the new src\/a\.js would be ".*stands in place of text/,
    );
  const args = writeFile.parse({
    path: 'src/a.js',
    content: 'function one() {}\n\n// ... rest of the file ...\n',
  });
  await assert.rejects(writeFile.run(args as never, toolContext(sandbox)), /stands in place of text/);
  assert.equal(await textOf(sandbox), before);
});

test('a change that breaks the syntax is made, and told: to the model in the result, to the person in the preview', async () => {
  const sandbox = await workspace(before);
  const args = tool.parse({ path: 'src/a.js', edits: [{ oldText: 'return 2;', newText: 'return 2 +;' }] });
  const told = 'src/a.js has a new syntax error at line 6';
  const diff = await tool.preview?.(args, toolContext(sandbox));
  assert.match(diff?.warnings?.join() ?? '', new RegExp(told));
  assert.match((await tool.run(args, toolContext(sandbox) as never)).text, new RegExp(told));
  const whole = writeFile.parse({ path: 'src/a.js', content: 'let a = ;\n' });
  const preview = await writeFile.preview?.(whole, toolContext(await workspace(before)));
  assert.match(preview?.warnings?.join() ?? '', /new syntax error at line 1/);
  assert.equal((await tool.preview?.(args, toolContext(await workspace(before))))?.base, fileHash(before));
});
