import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import { applyEdits } from '#server/edit/apply.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import { fileDiff, readText } from './text-file.ts';
import type { Tool } from './tool.ts';

const edit = v.object({
  oldText: v.string('each edit needs oldText.'),
  newText: v.string('each edit needs newText.'),
});
const schema = v.pipe(
  v.object({
    path: pathSchema,
    instructions: v.optional(v.string()),
    edits: v.optional(v.pipe(v.array(edit), v.minLength(1, 'give at least one edit.'))),
    patch: v.optional(v.unknown()),
    update: v.optional(v.unknown()),
  }),
  v.check(
    ({ patch, update }) => patch === undefined && update === undefined,
    'patch and update are not available here. Use edits: [{"oldText", "newText"}] with the exact text of the file.',
  ),
  v.check(({ edits }) => edits !== undefined, 'edits is needed: [{"oldText", "newText"}].'),
);
type Args = v.InferOutput<typeof schema>;

export const editFile: Tool<Args> = {
  name: 'edit_file',
  kind: 'edit',
  description:
    'Replaces exact texts in a file: each oldText must stand in it exactly once, with its spaces and line ends, and without the line numbers of read_file. All edits of one call are applied together or not at all; every oldText refers to the file as it was before the call.',
  parameters: objectSchema(
    {
      path: { type: 'string', description: 'Relative to the workspace.' },
      instructions: { type: 'string', description: 'What this change is for, in one sentence.' },
      edits: {
        type: 'array',
        minItems: 1,
        items: objectSchema({ oldText: { type: 'string' }, newText: { type: 'string' } }, [
          'oldText',
          'newText',
        ]),
      },
    },
    ['path', 'edits'],
  ),
  paths: ({ path }) => [path],
  parse: parseWith(schema),
  async preview(args, { sandbox }) {
    const { before, after } = await editedText(args, sandbox);
    return fileDiff(args.path, before, after);
  },
  async run(args, { sandbox }) {
    const { before, after } = await editedText(args, sandbox);
    await sandbox.files.write(args.path, new TextEncoder().encode(after));
    const { added, removed } = fileDiff(args.path, before, after);
    const summary = `Edited ${args.path} (+${added} -${removed})`;
    return { status: 'ok', text: `${summary}.`, summary, currentFile: args.path };
  },
};

async function editedText(args: Args, sandbox: Sandbox): Promise<{ before: string; after: string }> {
  const before = await readText(sandbox, args.path);
  if (before === null) throw new CrosspointError('file_not_found', { path: args.path });
  return { before, after: applyEdits(args.path, before, args.edits ?? []) };
}
