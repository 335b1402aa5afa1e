import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, join } from 'node:path';

/** `node erase-types.ts <from> <to>`: the TypeScript files of a folder as JavaScript, readable for everybody. */
process.umask(0o022);
const [, , from = '', to = ''] = process.argv;
for (const name of readdirSync(from)) {
  if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
  const script = stripTypeScriptTypes(readFileSync(join(from, name), 'utf8'));
  const target = join(to, `${basename(name, '.ts')}.js`);
  // Another file, not other bytes in the same one: a pod that runs keeps what it has.
  rmSync(target, { force: true });
  writeFileSync(target, script.replaceAll(/( from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
}
