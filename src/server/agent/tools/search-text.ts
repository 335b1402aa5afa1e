import * as v from 'valibot';
import { oneLine, shellQuote } from './command-result.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import type { Tool } from './tool.ts';

const maxLines = 200;
const maxLineCharacters = 400;
/** Files that are named where there is more than is shown. */
const maxFiles = 5;

const schema = v.object({
  pattern: v.pipe(v.string('a pattern is needed.'), v.minLength(1, 'is empty.')),
  path: v.optional(pathSchema),
  glob: v.optional(v.pipe(v.string('must be a text.'), v.minLength(1, 'is empty.'))),
});
type Args = v.InferOutput<typeof schema>;

export const searchText: Tool<Args> = {
  name: 'search_text',
  kind: 'read',
  description: `Searches the files of the workspace for a regular expression and gives "path:line:text", at most ${maxLines} lines. Ignored files and binary files are left out. Use it to find where something is defined or used before reading whole files.`,
  parameters: objectSchema(
    {
      pattern: { type: 'string', description: 'A regular expression.' },
      path: { type: 'string', description: 'A file or folder; the whole workspace when left out.' },
      glob: { type: 'string', description: 'Only files whose name matches, e.g. "*.ts".' },
    },
    ['pattern'],
  ),
  parse: parseWith(schema),
  async run(args, { sandbox, signal }) {
    const result = await sandbox.exec(searchCommand(args), {
      timeoutMs: 30_000,
      signal,
      maxOutputBytes: 1_000_000,
    });
    const lines = result.stdout.split('\n').filter((line) => line !== '');
    const title = `Searched for ${oneLine(args.pattern, 60)}`;
    if (result.timedOut || result.cancelled)
      return {
        status: 'error',
        text: 'The search did not end in time. Name a path or a glob.',
        summary: title,
      };
    if (!lines.length && result.stderr.trim() !== '')
      return { status: 'error', text: result.stderr.trim().slice(0, 2_000), summary: `${title}: failed` };
    const shown = lines.slice(0, maxLines).map(cutLine);
    const rest =
      lines.length > maxLines
        ? `\n[cut after ${maxLines} lines; there are more. Make the pattern more exact, or name a path or a glob. Most of these are in ${mostIn(shown)}]`
        : '';
    const count = lines.length > maxLines ? `more than ${maxLines}` : String(lines.length);
    return {
      status: 'ok',
      text: lines.length ? shown.join('\n') + rest : `Nothing matches ${args.pattern}.`,
      summary: `${title}: ${count} ${lines.length === 1 ? 'line' : 'lines'}`,
    };
  },
};

/** ripgrep where the sandbox has it, else grep; both print `path:line:text` and treat the pattern as data. */
function searchCommand({ pattern, path = '.', glob }: Args): string {
  const where = shellQuote(path.startsWith('-') ? `./${path}` : path);
  const expression = shellQuote(pattern);
  const rgGlob = glob ? `-g ${shellQuote(glob)} ` : '';
  const grepGlob = glob ? `--include=${shellQuote(glob)} ` : '';
  const cut = `head -n ${maxLines + 1}`;
  const ripgrep = `rg --no-config --line-number --with-filename --no-heading --color never --hidden -g '!.git' ${rgGlob}-e ${expression} -- ${where} | ${cut}`;
  const grep = `grep -rnIEH --exclude-dir=.git --exclude-dir=node_modules ${grepGlob}-e ${expression} -- ${where} | ${cut}`;
  return `if command -v rg >/dev/null 2>&1; then ${ripgrep}; else ${grep}; fi`;
}

function cutLine(line: string): string {
  const clean = line.startsWith('./') ? line.slice(2) : line;
  return clean.length > maxLineCharacters ? `${clean.slice(0, maxLineCharacters)}[…]` : clean;
}

/** The files with the most of the lines that are shown. */
function mostIn(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [, path = ''] = /^(.*?):\d+:/.exec(line) ?? [];
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const most = [...counts].sort(([, one], [, other]) => other - one).slice(0, maxFiles);
  return most.map(([path, count]) => `${path} (${count})`).join(', ');
}
