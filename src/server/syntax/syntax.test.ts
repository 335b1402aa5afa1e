import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf, languages, type Language } from './languages.ts';
import { parse } from './parse.ts';
import { scriptsOnly } from './scripts-only.ts';
import { syntaxErrors } from './syntax-errors.ts';

const samples: Record<Language, string> = {
  bash: 'greet() {\n  echo "hello $1"\n}\n',
  c: 'int add(int a, int b) { return a + b; }\n',
  cpp: 'template <typename T> class Box { public: T get() const { return v; } private: T v; };\n',
  csharp: 'namespace A { class B { int C(int x) => x + 1; } }\n',
  css: '.a { color: red; }\n',
  dart: 'class A { int add(int a) { return a + 1; } }\n',
  go: 'package main\n\nfunc Add(a int, b int) int {\n\treturn a + b\n}\n',
  html: "<p>it's</p>\n<script>\nfunction add(a, b) { return a + b; }\n</script>\n",
  ini: '[section]\nkey=value\n',
  java: 'class A { int add(int a, int b) { return a + b; } }\n',
  javascript: 'export const add = (a, b) => a + b;\n',
  php: '<?php\nfunction add($a, $b) { return $a + $b; }\n',
  powershell: 'function Get-Sum($a, $b) { return $a + $b }\n',
  python: 'def add(a, b):\n    return a + b\n',
  ruby: 'class A\n  def add(a, b)\n    a + b\n  end\nend\n',
  rust: 'pub fn add(a: u32, b: u32) -> u32 { a + b }\n',
  solidity: 'contract A { function add(uint a) public pure returns (uint) { return a + 1; } }\n',
  svelte: '<script lang="ts">\n  let { a }: { a: number } = $props();\n</script>\n\n{#if a}<b>{a}</b>{/if}\n',
  swift: 'struct A { func add(a: Int) -> Int { return a + 1 } }\n',
  tsx: 'export const A = ({ a }: { a: number }) => <b>{a}</b>;\n',
  typescript: 'export function add(a: number, b: number): number { return a + b; }\n',
  vue: '<template><b>{{ a }}</b></template>\n<script setup lang="ts">\nconst a: number = 1;\n</script>\n',
};

test('each language parses its sample without an error', async () => {
  assert.ok(Object.keys(languages).length >= 15);
  for (const language of Object.keys(languages) as Language[])
    assert.deepEqual(await syntaxErrors(language, samples[language]), [], language);
});

test('a language is known by the name of a file, whatever its folder and case', () => {
  assert.equal(languageOf('src/a/b.test.ts'), 'typescript');
  assert.equal(languageOf('A.TSX'), 'tsx');
  assert.equal(languageOf('x/Rakefile'), 'ruby');
  assert.equal(languageOf('notes.md'), null);

  assert.equal(languageOf('.ts/readme'), null);
});

test('what is wrong or missing is told with its line and column', async () => {
  const missing = await syntaxErrors('typescript', 'const a = 1;\nfunction f() {\n  return a;\n');
  assert.equal(missing?.length, 1);
  assert.equal(missing[0]?.missing, '}');
  const wrong = await syntaxErrors('python', 'def f():\n    return 1\n\nx = = 2\n');
  assert.equal(wrong?.length, 1);
  assert.equal(wrong[0]?.line, 4);
  assert.equal(wrong[0]?.missing, null);
  assert.ok((await syntaxErrors('typescript', 'class { { ( = } = ['.repeat(50), 5))!.length <= 5);
});

test('a text that is too long is not parsed, and says so', async () => {
  assert.equal(await syntaxErrors('javascript', 'a;'.repeat(600_000)), null);
});

test('texts that are parsed at the same time in different languages do not meet', async () => {
  const rounds = Array.from({ length: 20 }, async (_, index) => {
    const language = index % 2 ? 'python' : 'rust';
    return (await parse(language, samples[language], (root) => root.type))?.value;
  });
  assert.deepEqual([...new Set(await Promise.all(rounds))].sort(), ['module', 'source_file']);
});

test('of a page only its scripts are read, at their own lines; data in a script is not code', () => {
  const text =
    '<b title="<script>">\n</b>\n<script type="application/json">{"a":1}</script>\n<script>\nlet é;\n</script>x';
  const kept = scriptsOnly('<p>a</p>\n<script lang="ts">\nlet b;\n</script>\n<p/>');
  assert.deepEqual(
    kept.split('\n').map((line) => line.trimEnd()),
    ['', '', 'let b;', '', ''],
  );
  assert.equal(scriptsOnly(text).length, text.length);
  assert.ok(!scriptsOnly('<script type="application/json">{"a":1}</script>').includes('a'));
});
