import { test } from 'node:test';
import assert from 'node:assert/strict';
import { newSyntaxError } from './gate.ts';

test('a new fault is told with its line, in several languages', async () => {
  const changes: [path: string, before: string, after: string, told: RegExp][] = [
    ['a.js', 'let a = 1;\n', 'let a = 1;\nlet b = ;\n', /^a\.js has a new syntax error at line 2: /],
    ['a.ts', 'function f() {\n}\n', 'function f() {\n', /at line \d: "\}" is missing\.$/],
    ['a.py', 'def f():\n    return 1\n', 'def f(:\n    return 1\n', /at line 1: /],
    ['a.go', 'package a\n', 'package a\nfunc f( {\n}\n', /at line \d: /],
    ['a.rs', 'fn f() {}\n', 'fn f() {\n', /at line 1: /],
    ['A.svelte', '<script>\nlet a = 1;\n</script>\n', '<script>\nlet a = ;\n</script>\n', /at line 2: /],
    ['new.js', '', 'if (\n', /^new\.js has a new syntax error/],
  ];
  for (const [path, before, after, told] of changes)
    assert.match((await newSyntaxError(path, before, after)) ?? 'nothing', told, path);
});

test('what was wrong before is not told, also where it has moved', async () => {
  const wrong = 'let a = ;\n';
  assert.equal(await newSyntaxError('a.js', wrong, `// more\n\n${wrong}let b = 2;\n`), null);
  assert.equal(await newSyntaxError('a.js', wrong, 'let a = 1;\n'), null);
  assert.match((await newSyntaxError('a.js', wrong, `${wrong}let b = ;\n`)) ?? '', /at line 2/);
});

test('nothing is told of right code, of languages without a reliable grammar, and of large texts', async () => {
  assert.equal(await newSyntaxError('a.ts', '', 'export const a = <T,>(b: T): T => b satisfies T;\n'), null);
  assert.equal(await newSyntaxError('a.unknown', '', 'let a = ;'), null);
  assert.equal(await newSyntaxError('a.h', '', 'MACRO(int x {\n'), null);
  assert.equal(await newSyntaxError('a.js', '', `let a = ;\n${'// long\n'.repeat(60_000)}`), null);
});
