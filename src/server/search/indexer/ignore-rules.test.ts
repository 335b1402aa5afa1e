import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { IgnoreRules, type IgnoreFile } from './ignore-rules.ts';

const kept = (files: IgnoreFile[], paths: string[]) => {
  const rules = new IgnoreRules(files);
  return paths.filter((path) => !rules.ignores(path)).sort();
};

/** What git itself would take, of files that are really there. */
function keptByGit(files: readonly IgnoreFile[], paths: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-ignore-'));
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  try {
    git('init', '-q');
    for (const path of paths) write(path, 'x');
    for (const { path, text } of files) write(path, text);
    const listed = git(
      '-c',
      'core.excludesFile=/dev/null',
      'ls-files',
      '-z',
      '--others',
      '--exclude-standard',
    );
    return listed
      .split('\0')
      .filter((path) => path !== '' && !path.endsWith('.gitignore'))
      .sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const paths = [
  ...['a', 'b.js', 'lib/a', 'lib/b.js', 'lib/deep/a', 'lib/deep/b.log', 'lib/deep/keep.log', 'x y', 'tail '],
  ...['out/a', 'src/out/b.js', 'src/a.test.js', 'src/[x].js', 'src/#note', 'src/!a', 'src/A', 'über/ä.js'],
];

const names = fc.constantFrom(
  ...['a', 'b.js', '*.js', '*.log', 'lib', 'deep', 'out', '**', '*', '?', '[ab]*', '[!a]', '[a-c].js', 'src'],
  ...[
    'keep.log',
    String.raw`\#note`,
    String.raw`\!a`,
    'x y',
    String.raw`tail\ `,
    '[[]x].js',
    '*.test.*',
    'über',
  ],
);
const line = fc
  .tuple(
    fc.constantFrom('', '!', '/', '!/'),
    fc.array(names, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '/', ' ', '\r'),
  )
  .map(([start, parts, end]) => start + parts.join('/') + end);
const text = fc.array(fc.oneof(line, fc.constantFrom('', '# a comment', '[', String.raw`a\ `)), {
  maxLength: 5,
});
const ignoreFiles = fc.record({ '': text, 'lib/': text, 'src/': text });

test('what git leaves out is left out, and nothing else, for random rules at three levels', () => {
  fc.assert(
    fc.property(ignoreFiles, (texts) => {
      const files = Object.entries(texts).map(([folder, lines]) => ({
        path: `${folder}.gitignore`,
        text: lines.join('\n'),
      }));
      assert.deepEqual(kept(files, paths), keptByGit(files, paths));
    }),
    { numRuns: 30, seed: 6 },
  );
});

test('.ignore counts more than a .gitignore beside it', () => {
  const files = [
    { path: '.ignore', text: '!dist\nnotes' },
    { path: '.gitignore', text: 'dist\n' },
  ];
  assert.deepEqual(kept(files, ['dist/a.js', 'notes/b.md', 'c.js']), ['c.js', 'dist/a.js']);
});

test('a hostile pattern costs no more than an honest one of its length', () => {
  const text = Array.from({ length: 2_000 }, () => '*a'.repeat(100) + 'b').join('\n');
  const rules = new IgnoreRules([{ path: '.gitignore', text: `${text}\n${'*'.repeat(100_000)}` }]);
  const deep = `${'a'.repeat(200)}/${'aa/'.repeat(40)}`;
  assert.equal(rules.ignores(`${deep}c`), false);
});
