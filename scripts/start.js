import { existsSync } from 'node:fs';
import module from 'node:module';
import { endWithParent, isNewEnough, root, runWithRuntime } from './runtime.js';

/** `npm start`: the server; with `login` or `doctor` after `--`, that. */
if (!existsSync(`${root}node_modules/valibot`)) {
  console.error('Crosspoint is not installed yet. Run "npm install" first.');
  process.exit(1);
}
// Compiled code that is kept from start to start saves 20 MB and a third of the time to ready.
module.enableCompileCache?.(`${root}node_modules/.cache/crosspoint/code`);
// Whoever starts us without npm may leave us alone on purpose: `node scripts/start.js &` in a script that ends.
if (process.env.npm_lifecycle_event !== undefined) endWithParent();
if (isNewEnough) await (await import('./commands.ts')).runCommand(process.argv.slice(2));
else runWithRuntime([`${root}scripts/start.js`, ...process.argv.slice(2)]);
