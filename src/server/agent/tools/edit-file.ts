import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import { applyEdits } from '#server/edit/apply.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { changedSinceSeen, refuseOmission, staleOutcome, writeText } from './file-change.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import { fileDiff, fileHash, readText } from './text-file.ts';
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
    const before = await textToEdit(args.path, sandbox);
    return fileDiff(args.path, before, editedText(args, before));
  },
  async run(args, context) {
    const before = await textToEdit(args.path, context.sandbox);
    const stale = await staleOutcome(context, args.path, fileHash(before));
    if (stale) return stale;
    const changed = await changedSinceSeen(context, args.path, fileHash(before));
    const after = editedText(args, before);
    const written = await writeText(context.sandbox, args.path, after);
    const { added, removed } = fileDiff(args.path, before, after);
    const summary = `Edited ${args.path} (+${added} -${removed})`;
    const text = changed ? `${summary}. ${changedNote}` : `${summary}.`;
    return { status: 'ok', text, summary, ...written };
  },
};

const changedNote =
  'The file had been changed since you last saw it: read it again before you rely on what you know of it.';

async function textToEdit(path: string, sandbox: Sandbox): Promise<string> {
  const text = await readText(sandbox, path);
  if (text === null) throw new CrosspointError('file_not_found', { path });
  return text;
}

function editedText({ path, edits = [] }: Args, before: string): string {
  const after = applyEdits(path, before, edits);
  refuseOmission(path, before, after);
  return after;
}
