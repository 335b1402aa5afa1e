import { existsSync } from 'node:fs';
import { isNewEnough, root, runWithRuntime } from './runtime.js';

/** `npm start`: the server; with `login` or `doctor` after `--`, that. */
if (!existsSync(`${root}node_modules/valibot`)) {
  console.error('Crosspoint is not installed yet. Run "npm install" first.');
  process.exit(1);
}
if (isNewEnough) await (await import('./commands.ts')).runCommand(process.argv.slice(2));
else runWithRuntime([`${root}scripts/start.js`, ...process.argv.slice(2)]);
