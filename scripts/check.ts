import { spawnSync } from 'node:child_process';

/** `npm run check`: types, lint and budgets, format, arrows and circles. Runs all of them, then says which failed. */
const bin = (name: string) => `node_modules/.bin/${name}`;
const checks: { name: string; command: string[] }[] = [
  { name: 'types (server)', command: [bin('tsc'), '-p', 'tsconfig.server.json'] },
  {
    name: "the page's generated types",
    command: [bin('svelte-kit'), 'sync'],
  },
  {
    name: 'types (page)',
    command: [bin('svelte-check'), '--tsconfig', './tsconfig.json', '--threshold', 'error'],
  },
  { name: 'lint and budgets', command: [bin('eslint'), '.', '--max-warnings', '0'] },
  { name: 'format', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  { name: 'arrows', command: [bin('depcruise'), '--config', '.dependency-cruiser.js', 'src', 'server.ts'] },
];

const failed = checks.filter(({ name, command }) => {
  console.log(`\n— ${name}`);
  const [file = '', ...args] = command;
  return spawnSync(file, args, { stdio: 'inherit' }).status !== 0;
});

console.log(
  failed.length ? `\nFailed: ${failed.map(({ name }) => name).join(', ')}` : '\nAll checks passed.',
);
process.exitCode = failed.length ? 1 : 0;
