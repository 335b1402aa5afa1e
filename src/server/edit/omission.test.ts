import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { findOmission } from './omission.ts';

const old = 'one\ntwo\nthree\nfour\n';

const placeholders: [path: string, line: string][] = [
  ['a.ts', '// ... existing code ...'],
  ['a.ts', '    // ...existing code...'],
  ['a.ts', '// … existing code …'],
  ['a.ts', '/* ... existing code ... */'],
  ['a.tsx', '      {/* ... existing code ... */}'],
  ['a.tsx', '{/* ... rest of the component ... */}'],
  ['a.ts', '// ... rest of the file unchanged'],
  ['a.ts', '// rest of the file unchanged'],
  ['a.ts', '// Rest of the code remains the same.'],
  ['a.ts', '// ... rest of code ...'],
  ['a.ts', '// (rest of the methods unchanged)'],
  ['a.ts', '// ... (unchanged)'],
  ['a.ts', '// [... unchanged ...]'],
  ['a.ts', '// ... other methods ...'],
  ['a.ts', '// ... remaining tests ...'],
  ['a.ts', '// ... existing imports ...'],
  ['a.ts', '// ... previous implementation ...'],
  ['a.ts', '// ... same as before ...'],
  ['a.ts', '// existing code here'],
  ['a.ts', '// Existing code remains unchanged'],
  ['a.ts', '// code omitted for brevity'],
  ['a.ts', '// ... keep the existing handlers ...'],
  ['a.ts', '// everything else stays the same'],
  ['a.ts', 'function a() { /* ... existing code ... */ }'],
  ['a.ts', 'export class A { /* unchanged for brevity … existing code */ /* ... unchanged ... */ }'],
  ['a.ts', '... existing code ...'],
  ['a.ts', '[... rest of the file ...]'],
  ['a.py', '# ... existing code ...'],
  ['a.py', '    # (unchanged)'],
  ['a.py', '# ... rest of function'],
  ['a.py', '"""... existing code ..."""'],
  ['a.rb', '# ... rest of the class'],
  ['a.sql', '-- ... existing code ...'],
  ['a.lua', '-- ... rest of file ...'],
  ['a.html', '<!-- ... existing markup ... -->'],
  ['a.css', '/* … existing styles … */'],
  ['a.clj', ';; ... existing code ...'],
  ['a.yml', '# ... rest of the file unchanged ...'],
  ['README.md', '<!-- ... rest of the document unchanged ... -->'],
];

test('a line that stands for text which is left out is found, in the comments of many languages', () => {
  for (const [path, line] of placeholders)
    assert.deepEqual(
      findOmission(path, old, `one\n${line}\nfour\n`),
      { line: 2, text: line.trim() },
      `${path}: ${line}`,
    );
});

const realCode: [path: string, line: string][] = [
  ['a.ts', 'const copy = { ...existing, code };'],
  ['a.ts', 'call(...rest);'],
  ['a.ts', 'function rest(...remaining: string[]) {}'],
  ['a.ts', '// the rest of the arguments go to the command'],
  ['a.ts', '// Flush any remaining bytes from the decoder'],
  ['a.ts', '// unchanged'],
  ['a.ts', '// Pass through unchanged'],
  ['a.ts', '// The remaining methods are order-aware.'],
  ['a.ts', '// Loading...'],
  ['a.ts', '// wait for it ... then go on'],
  ['a.ts', 'assert.match(text, /existing code/); // as it was'],
  ['a.ts', "const marker = '// ... existing code ...';"],
  ['a.ts', ' * // ... existing code ...'],
  ['a.py', '    ...'],
  ['a.py', 'def read(self) -> str: ...'],
  ['a.py', 'x[..., 0]'],
  ['a.py', '# Terminate remaining workers forcibly: the queues or their'],
  ['a.pyi', 'def overload(a: int) -> None: ...'],
  ['a.rs', '// Skip the rest of the line'],
  ['a.go', 'args = append(args, rest...)'],
  ['a.sh', '#!/bin/sh ...'],
  ['a.md', '// ... existing code ...'],
  ['a.md', '... and the rest of the code remains unchanged.'],
  ['a.md', 'Everything else stays the same.'],
  ['a.txt', '[... rest of the file ...]'],
  ['CHANGELOG', '- existing code remains unchanged'],
];

test('real code and prose with the same words are let through', () => {
  for (const [path, line] of realCode)
    assert.equal(findOmission(path, old, `one\ntwo\n${line}\nthree\nfour\n`), null, `${path}: ${line}`);
});

test('three dots alone count only where lines go', () => {
  assert.equal(findOmission('a.ts', '', 'one\n// ...\nfour\n'), null);
  assert.equal(findOmission('a.ts', old, `${old}// ...\n`), null);
  assert.deepEqual(findOmission('a.ts', old, 'one\n// ...\nfour\n'), { line: 2, text: '// ...' });
  assert.deepEqual(findOmission('a.css', old, 'one\n/* … */\nfour\n'), { line: 2, text: '/* … */' });
});

test('what stood in the file before is no omission, once more is', () => {
  const marker = '// ... existing code ...';
  const before = `one\n${marker}\ntwo\n`;
  assert.equal(findOmission('a.ts', before, `  ${marker}\r\nONE\r\n`), null);
  assert.deepEqual(findOmission('a.ts', before, `one\n${marker}\n${marker}\n`), { line: 3, text: marker });
});

test('no source of this repository or of its packages is taken for one with an omission', () => {
  const sources = [
    ...globSync('src/**/*.{ts,svelte,css}'),
    ...globSync('docs/**/*.md'),
    ...globSync(
      'node_modules/{valibot,svelte,kysely,typescript,tailwindcss,@langchain}/**/*.{js,mjs,ts,css}',
    ),
  ];
  const texts = sources.filter((path) => !path.includes('omission.test')).slice(0, 4_000);
  assert.ok(texts.length > 1_000);
  for (const path of texts) {
    const text = readFileSync(path, 'utf8');
    if (text.length < 500_000) assert.equal(findOmission(path, '', text), null, path);
  }
});

test('a long line and a long file are looked at in bounded time', () => {
  assert.equal(findOmission('a.ts', '', `// ${'... '.repeat(200_000)}`), null);
  assert.equal(findOmission('a.ts', '', '/*'.repeat(150)), null);
  assert.equal(findOmission('a.ts', '', `${'// rest of the the the the '.repeat(4)}\n`.repeat(50_000)), null);
});
