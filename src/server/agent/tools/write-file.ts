import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { FileDiff } from '#protocol/review.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import { fileDiff, NotText, readText } from './text-file.ts';
import type { Tool } from './tool.ts';

const schema = v.object({ path: pathSchema, content: v.string('the content is needed, as text.') });
type Args = v.InferOutput<typeof schema>;

export const writeFile: Tool<Args> = {
  name: 'write_file',
  kind: 'edit',
  description:
    'Creates a file or replaces the whole of it; missing folders are created. For a change in a file that exists, use edit_file.',
  parameters: objectSchema(
    {
      path: { type: 'string', description: 'Relative to the workspace.' },
      content: { type: 'string', description: 'The whole new content.' },
    },
    ['path', 'content'],
  ),
  paths: ({ path }) => [path],
  parse: parseWith(schema),
  preview: (args, { sandbox }) => diffOf(args, sandbox),
  async run(args, { sandbox }) {
    const diff = await diffOf(args, sandbox);
    await sandbox.files.write(args.path, new TextEncoder().encode(args.content));
    const verb = diff?.isNew ? 'Created' : 'Wrote';
    const counts = diff ? ` (+${diff.added} -${diff.removed})` : '';
    const summary = `${verb} ${args.path}${counts}`;
    return { status: 'ok', text: `${summary}.`, summary, currentFile: args.path };
  },
};

/** No diff where the file as it is now is not text; it is replaced all the same. */
async function diffOf({ path, content }: Args, sandbox: Sandbox): Promise<FileDiff | undefined> {
  const stat = await sandbox.files.stat(path);
  if (stat?.type === 'directory') throw new Error(`${path} is a folder.`);
  if (!stat) return fileDiff(path, null, content);
  try {
    return fileDiff(path, await readText(sandbox, path), content);
  } catch (cause) {
    if (cause instanceof NotText) return undefined;
    if (cause instanceof CrosspointError && cause.code === 'file_too_large') return undefined;
    throw cause;
  }
}
