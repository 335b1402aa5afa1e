import { posix } from 'node:path';
import * as v from 'valibot';
import { shellQuote } from './command-result.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import type { Tool } from './tool.ts';

const maxShown = 500;
/** Files that are looked at. */
const maxFound = 20_000;
/** Folders that are named where there are more files than are shown. */
const maxFolders = 20;
/** Never worth the model's window; they are listed when `path` names one of them. */
const skipped = [
  '.git',
  'node_modules',
  '.venv',
  '__pycache__',
  'dist',
  'build',
  'target',
  '.next',
  '.svelte-kit',
];

const schema = v.object({
  path: v.optional(pathSchema),
  glob: v.optional(v.pipe(v.string('must be a text.'), v.minLength(1, 'is empty.'))),
});
type Args = v.InferOutput<typeof schema>;

export const listFiles: Tool<Args> = {
  name: 'list_files',
  kind: 'read',
  description: `Lists the files below a folder of the workspace, at most ${maxShown}, each as a path relative to the workspace. With glob, only those that match, e.g. "**/*.ts" (relative to path). Folders such as ${skipped.slice(0, 3).join(', ')} are left out unless path names them.`,
  parameters: objectSchema(
    {
      path: {
        type: 'string',
        description: 'A folder, relative to the workspace; the whole workspace when left out.',
      },
      glob: { type: 'string', description: 'e.g. "src/**/*.{ts,svelte}"' },
    },
    [],
  ),
  parse: parseWith(schema),
  async run({ path = '.', glob }, { sandbox, signal }) {
    const folder = path === sandbox.workdir ? '.' : path;
    if (folder !== '.') await sandbox.files.list(folder, { maxEntries: 1 });
    const names = skipped.map((name) => `-name ${shellQuote(name)}`).join(' -o ');
    const command = `find -L . -mindepth 1 \\( -type d \\( ${names} \\) -prune \\) -o -type f -print 2>/dev/null | head -n ${maxFound}`;
    const result = await sandbox.exec(command, {
      cwd: folder,
      timeoutMs: 30_000,
      signal,
      maxOutputBytes: 4_000_000,
    });
    const found = result.stdout
      .split('\n')
      .filter((line) => line.startsWith('./'))
      .map((line) => line.slice(2))
      .filter((line) => glob === undefined || posix.matchesGlob(line, glob))
      .sort()
      .map((line) => (folder === '.' ? line : posix.join(folder, line)));
    const isPart = found.length >= maxFound;
    const what = `${isPart ? 'at least ' : ''}${found.length} ${found.length === 1 ? 'file' : 'files'}`;
    const shown = found.slice(0, maxShown);
    const rest =
      found.length > shown.length
        ? `\n[${isPart ? 'at least ' : ''}${found.length - shown.length} more. Name a path or a glob to see fewer. By folder: ${byFolder(found, folder)}]`
        : '';
    return {
      status: 'ok',
      text: found.length ? shown.join('\n') + rest : `No files${glob ? ` match ${glob}` : ' here'}.`,
      summary: `Listed ${folder === '.' ? 'the workspace' : folder}${glob ? ` for ${glob}` : ''}: ${what}`,
    };
  },
};

/** How many files are in each of the largest folders: what `path` can name next. */
function byFolder(found: readonly string[], folder: string): string {
  const depth = folder === '.' ? 1 : posix.normalize(folder).split('/').length + 1;
  const counts = new Map<string, number>();
  for (const path of found) {
    const names = path.split('/');
    const name = names.length > depth ? `${names.slice(0, depth).join('/')}/` : '(no folder)';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const largest = [...counts].sort(([, one], [, other]) => other - one).slice(0, maxFolders);
  return largest.map(([name, count]) => `${name} ${count}`).join(', ');
}
