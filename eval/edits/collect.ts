import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Pair } from './pairs.ts';

/**
 * Writes `pairs.json.br` anew: `node eval/edits/collect.ts <name>=<folder before>:<folder after> …` takes every source file
 * that differs between two versions of the same program. Sources and licences are named in NOTICE.md.
 */
const largest = 60_000;
const types = new Set(
  'ts js mjs svelte py h cpp java kt mm scss css md json yml yaml sh html toml gypi gradle'.split(' '),
);
const skipped = /(^|\/)(dist|node_modules|build|recordings)\/|\.min\.|package-lock\.json$|\.map$/;

const pairs: Pair[] = [];
for (const argument of process.argv.slice(2)) {
  const [source = '', folders = ''] = argument.split('=');
  const [before = '', after = ''] = folders.split(':');
  for (const path of globSync('**/*', { cwd: after }).sort()) {
    if (skipped.test(path) || !types.has(path.split('.').at(-1) ?? '')) continue;
    const [old, current] = [textOf(join(before, path)), textOf(join(after, path))];
    if (old !== null && current !== null && old !== current)
      pairs.push({ source, path, before: old, after: current });
  }
}
const json = Buffer.from(JSON.stringify(pairs));
const packed = brotliCompressSync(json, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
});
writeFileSync(new URL('pairs.json.br', import.meta.url), packed);
console.log(`${pairs.length} pairs, ${json.length} bytes, ${packed.length} packed`);

function textOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > largest) return null;
  const text = readFileSync(path, 'utf8');
  return text.includes('\uFFFD') ? null : text;
}
