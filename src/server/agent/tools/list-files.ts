import { posix } from 'node:path';
import * as v from 'valibot';
import { shellQuote } from './command-result.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import type { Tool } from './tool.ts';

const maxShown = 500;
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
    const command = `find -L . -mindepth 1 \\( -type d \\( ${names} \\) -prune \\) -o -type f -print 2>/dev/null | head -n 20000`;
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
    const what = `${found.length} ${found.length === 1 ? 'file' : 'files'}`;
    const shown = found.slice(0, maxShown);
    const rest =
      found.length > shown.length
        ? `\n[${found.length - shown.length} more: use path or glob to see fewer]`
        : '';
    return {
      status: 'ok',
      text: found.length ? shown.join('\n') + rest : `No files${glob ? ` match ${glob}` : ' here'}.`,
      summary: `Listed ${folder === '.' ? 'the workspace' : folder}${glob ? ` for ${glob}` : ''}: ${what}`,
    };
  },
};
