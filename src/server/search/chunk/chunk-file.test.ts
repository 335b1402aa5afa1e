import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chunk } from '../types.ts';
import { chunkFile } from './chunk-file.ts';

const filler = '    // what it does takes a line or two to say, and then some more\n'.repeat(30);

async function named(path: string, text: string): Promise<string[]> {
  return (await chunkFile(path, text)).map(({ kind, parent, symbol }) => `${kind} ${parent}>${symbol}`);
}

test('a definition is a chunk with its leading comment, its lines and its signature', async () => {
  const text =
    "import a from 'a';\n\n/** Adds. */\nexport function add(one: number, two: number): number {\n  return one + two;\n}\n";
  const chunks = await chunkFile('a.ts', text);
  const add = chunks.find(({ symbol }) => symbol === 'add') as Chunk;
  assert.equal(add.kind, 'function');
  assert.deepEqual([add.startLine, add.endLine], [3, 6]);
  assert.ok(add.text.startsWith('/** Adds. */\nexport function add') && add.text.endsWith('}'));
  assert.equal(add.signature, 'export function add(one: number, two: number): number');
  assert.equal(chunks[0]?.kind, 'module');
});

test('a class is its head and its members, named by it, however small', async () => {
  assert.deepEqual(await named('a.ts', 'class A {\n  b() {\n    return 1;\n  }\n}\n'), [
    'class >A',
    'method A>b',
  ]);
  const large = `class A {\n  x = 1;\n\n  b() {\n${filler}  }\n\n  c = () => {\n${filler}  };\n}\n`;
  assert.deepEqual(await named('a.ts', large), ['class >A', 'method A>b', 'method A>c']);
});

test('languages name their definitions in their own ways', async () => {
  const python = `class A:\n    x = 1\n\n    @property\n    def b(self):\n${filler.replaceAll('//', '#')}        return 1\n`;
  assert.deepEqual(await named('a.py', python), ['class >A', 'method A>b']);
  const rust = `impl<T> fmt::Display for Box<T> {\n    fn fmt(&self) {\n${filler}    }\n}\n#[inline]\npub fn free() {}\n`;
  assert.deepEqual(await named('a.rs', rust), ['class >Box', 'method Box>fmt', 'function >free']);
  assert.deepEqual(await named('a.go', 'package a\n\nfunc (s *Server) Serve() error {\n\treturn nil\n}\n'), [
    'module >',
    'method Server>Serve',
  ]);
  assert.deepEqual(await named('a.cpp', 'int Box::get(int a) const { return a; }\n'), ['method Box>get']);
  assert.deepEqual(await named('a.c', 'static char *name_of(int a) { return 0; }\n'), ['function >name_of']);
  const assigned =
    'Widget.prototype.draw = function () {\n  return 1;\n};\nexports.make = () => new Widget();\n';
  assert.deepEqual(await named('a.js', assigned), ['method Widget>draw', 'function >make']);
});

test('definitions in a module that is one large call are found', async () => {
  const inner = `  function first() {\n${filler}  }\n  function second() {\n${filler}${filler}  }\n`;
  const names = await named('a.js', `(function (root) {\n${inner}})(this);\n`);
  assert.ok(names.includes('function >first') && names.includes('function >second'), names.join());
});

test('overloads are one chunk with their implementation', async () => {
  const text =
    'export function f(a: string): string;\nexport function f(a: number): number;\nexport function f(a: unknown) {\n  return a;\n}\n';
  assert.deepEqual(await named('a.ts', text), ['function >f']);
});

test('without a grammar there are windows of lines, and of Markdown sections', async () => {
  const lua = `${'-- a line\n'.repeat(35)}function M.draw(x)\n  return x\nend\n${'-- more\n'.repeat(20)}`;
  const [first, second] = await chunkFile('a.lua', lua);
  assert.deepEqual([first?.startLine, first?.endLine, first?.symbol], [1, 40, 'M.draw']);
  assert.equal(second?.startLine, 31);
  const markdown = '# Guide\n\nHello.\n\n## Install\n\n```sh\n# not a heading\n```\n';
  assert.deepEqual(await named('a.md', markdown), ['section >Guide', 'section Guide>Install']);
});

test('no chunk is too long, and every word of a file is in one, whatever the file', async () => {
  const words = Array.from({ length: 4_000 }, (_, index) => `word${index}`);
  const texts = {
    'a.ts': `export const table = [\n${words.map((word) => `  '${word}',`).join('\n')}\n];\n`,
    'b.py': `def f():\n${words.map((word) => `    ${word}()`).join('\n')}\n`,
    'c.txt': words.join('\n'),
    'd.ts': `}}}} ${words.join(' {\n')}`,
    'e.svelte': `<b>x</b>\n<script>\n${words.join(';\n')}\n</script>\n`,
  };
  for (const [path, text] of Object.entries(texts)) {
    const chunks = await chunkFile(path, text);
    assert.ok(
      chunks.every((chunk) => chunk.text.length <= 4_000),
      path,
    );
    const all = new Set(chunks.flatMap((chunk) => chunk.text.match(/word\d+/g) ?? []));
    assert.equal(all.size, words.length, path);
  }
});

test('what a machine wrote on one line is kept by its beginning only', async () => {
  const chunks = await chunkFile('a.min.js', 'var a=1;'.repeat(10_000));
  assert.ok(chunks.length === 1 && chunks[0]!.text.length <= 2_000);
  assert.deepEqual(await chunkFile('empty.ts', ''), []);
});
