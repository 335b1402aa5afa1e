import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import { applyEdits } from '#server/edit/apply.ts';
import { newSyntaxError } from '#server/edit/gate.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { FastApply } from '../fast-apply.ts';
import { editForm } from './edit-form.ts';
import { changedSinceSeen, ChangeRefusal, refuseOmission, staleOutcome, writeText } from './file-change.ts';
import { parseWith, pathSchema } from './schema.ts';
import { fileDiff, fileHash, readText } from './text-file.ts';
import type { PreviewContext, Tool, ToolContext } from './tool.ts';

const edit = v.object({
  oldText: v.string('each edit needs oldText.'),
  newText: v.string('each edit needs newText.'),
});
const forms = ['edits', 'patch', 'update'] as const;
const schema = v.pipe(
  v.object({
    path: pathSchema,
    instructions: v.optional(v.string()),
    edits: v.optional(v.pipe(v.array(edit), v.minLength(1, 'give at least one edit.'))),
    patch: v.optional(v.unknown()),
    update: v.optional(v.pipe(v.string('must be a text.'), v.minLength(1, 'the update is empty.'))),
  }),
  v.check(({ patch }) => patch === undefined, 'patch is not available here. Use edits.'),
  v.check(
    (args) => forms.filter((form) => args[form] !== undefined).length <= 1,
    'give only one of edits, patch and update.',
  ),
  v.check(
    (args) => forms.some((form) => args[form] !== undefined),
    'edits is needed: [{"oldText", "newText"}].',
  ),
);
type Args = v.InferOutput<typeof schema>;
const parse = parseWith(schema);

/** @param fastApply merges lazy edits; without it they are not taken, since no rule of ours does that safely */
export function editFile(fastApply: FastApply | null): Tool<Args> {
  return {
    name: 'edit_file',
    kind: 'edit',
    ...editForm({ update: false }),
    form: ({ useMorph }) => editForm({ update: fastApply !== null && useMorph }),
    paths: ({ path }) => [path],
    parse(given) {
      const args = parse(given);
      if (args.update !== undefined && !fastApply) throw new Error(noUpdate);
      return args;
    },
    keepsPreview: ({ update }) => update !== undefined,
    async preview(args, context) {
      const before = await textToEdit(args.path, context.sandbox);
      const after = await editedText(args, before, context, fastApply);
      const broken = await newSyntaxError(args.path, before, after);
      return { ...fileDiff(args.path, before, after), ...(broken ? { warnings: [broken] } : {}) };
    },
    run: (args, context) => run(args, context),
  };
}

async function run(args: Args, context: ToolContext): ReturnType<Tool<Args>['run']> {
  const { path } = args;
  const before = await textToEdit(path, context.sandbox);
  const stale = await staleOutcome(context, path, fileHash(before));
  if (stale) return stale;
  const changed = await changedSinceSeen(context, path, fileHash(before));
  const after =
    args.update === undefined ? await editedText(args, before, context, null) : boundText(context);
  const written = await writeText(context.sandbox, path, after);
  const broken = await newSyntaxError(path, before, after);
  const { added, removed } = fileDiff(path, before, after);
  const summary = `Edited ${path} (+${added} -${removed})`;
  const notes = [`${summary}.`, ...(changed ? [changedNote] : []), ...(broken ? [broken] : [])];
  return { status: 'ok', text: notes.join(' '), summary, ...written };
}

const changedNote =
  'The file had been changed since you last saw it: read it again before you rely on what you know of it.';

async function textToEdit(path: string, sandbox: Sandbox): Promise<string> {
  const text = await readText(sandbox, path);
  if (text === null) throw new CrosspointError('file_not_found', { path });
  return text;
}

async function editedText(
  { path, instructions = '', edits = [], update }: Args,
  before: string,
  context: PreviewContext,
  fastApply: FastApply | null,
): Promise<string> {
  if (update !== undefined) {
    if (!fastApply || !context.thread.useMorph) throw new ChangeRefusal(noUpdate);
    return fastApply.merge({ path, before, instructions, update }, context);
  }
  const after = applyEdits(path, before, edits);
  refuseOmission(path, before, after);
  return after;
}

const noUpdate =
  'update is not available here. Nothing was changed. Use edits: [{"oldText", "newText"}] with the text of the file.';

/** What was merged when the call was proposed, and shown: never another merge of it. */
function boundText({ approved }: ToolContext): string {
  if (approved?.text !== undefined) return approved.text;
  throw new ChangeRefusal(
    'The update of this call was changed after it was merged and shown. Nothing was written: make the call again with it.',
  );
}
