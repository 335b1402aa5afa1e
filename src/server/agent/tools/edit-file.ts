import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import { newSyntaxError } from '#server/edit/gate.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { FastApply } from '../fast-apply.ts';
import { editForm } from './edit-form.ts';
import { editedText } from './edited-text.ts';
import { changedSinceSeen, ChangeRefusal, staleOutcome, writeText } from './file-change.ts';
import { parseWith, pathSchema } from './schema.ts';
import { fileDiff, fileHash, readText } from './text-file.ts';
import type { PreviewContext, Tool, ToolContext, ToolOutcome } from './tool.ts';

const edit = v.object({
  oldText: v.string('each edit needs oldText.'),
  newText: v.string('each edit needs newText.'),
});
const forms = ['edits', 'patch', 'update'] as const;
const formText = v.optional(v.pipe(v.string('must be a text.'), v.minLength(1, 'is empty.')));
const schema = v.pipe(
  v.object({
    path: pathSchema,
    instructions: v.optional(v.string()),
    edits: v.optional(v.pipe(v.array(edit), v.minLength(1, 'give at least one edit.'))),
    patch: formText,
    update: formText,
  }),
  v.check(
    (args) => forms.some((form) => args[form] !== undefined),
    'edits is needed: [{"oldText", "newText"}].',
  ),
  v.check(
    (args) => forms.filter((form) => args[form] !== undefined).length === 1,
    'give only one of edits, patch and update.',
  ),
);
type Args = v.InferOutput<typeof schema>;
const parse = parseWith(schema);

const noUpdate =
  'update is not available here. Nothing was changed. Use edits: [{"oldText", "newText"}] with the text of the file.';

/**
 * Whatever form a model is offered, edits and patches of all formats are taken: another model may have begun the conversation.
 * @param fastApply merges lazy edits; without it they are not taken, since no rule of ours does that safely
 */
export function editFile(fastApply: FastApply | null): Tool<Args> {
  return {
    name: 'edit_file',
    kind: 'edit',
    ...editForm({ patch: false, update: false }),
    form: ({ target, useMorph }) =>
      editForm({ patch: isTrainedOnPatches(target.model), update: fastApply !== null && useMorph }),
    paths: ({ path }) => [path],
    parse(given) {
      const args = parse(given);
      if (args.update !== undefined && !fastApply) throw new Error(noUpdate);
      return args;
    },
    keepsPreview: ({ update }) => update !== undefined,
    async preview(args, context) {
      const before = await textToEdit(args.path, context.sandbox);
      const after = await proposedText(args, before, context, fastApply);
      const broken = await newSyntaxError(args.path, before, after);
      return { ...fileDiff(args.path, before, after), ...(broken ? { warnings: [broken] } : {}) };
    },
    run,
  };
}

/** OpenAI's models know its patches, wherever they run. */
function isTrainedOnPatches(model: string): boolean {
  return /(?:^|[/.:])(?:gpt-|chatgpt-|codex|o\d)/.test(model.toLowerCase());
}

async function proposedText(
  args: Args,
  before: string,
  context: PreviewContext,
  fastApply: FastApply | null,
): Promise<string> {
  const { path, instructions = '', update } = args;
  if (update === undefined)
    return editedText(args, before, await changedSinceSeen(context, path, fileHash(before))).text;
  if (!fastApply || !context.thread.useMorph) throw new ChangeRefusal(noUpdate);
  return fastApply.merge({ path, before, instructions, update }, context);
}

async function run(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const { path, update } = args;
  const before = await textToEdit(path, context.sandbox);
  const stale = await staleOutcome(context, path, fileHash(before));
  if (stale) return stale;
  const changed = await changedSinceSeen(context, path, fileHash(before));
  const { text: after, notes } =
    update === undefined ? editedText(args, before, changed) : { text: boundText(context), notes: [] };
  const written = await writeText(context.sandbox, path, after);
  const broken = await newSyntaxError(path, before, after);
  const { added, removed } = fileDiff(path, before, after);
  const summary = `Edited ${path} (+${added} -${removed})`;
  const told = [`${summary}.`, ...notes, ...(changed ? [changedNote] : []), ...(broken ? [broken] : [])];
  return { status: 'ok', text: told.join(' '), summary, ...written };
}

const changedNote =
  'The file had been changed since you last saw it: read it again before you rely on what you know of it.';

async function textToEdit(path: string, sandbox: Sandbox): Promise<string> {
  const text = await readText(sandbox, path);
  if (text === null) throw new CrosspointError('file_not_found', { path });
  return text;
}

/** What was merged when the call was proposed, and shown: never another merge of it. */
function boundText({ approved }: ToolContext): string {
  if (approved?.text !== undefined) return approved.text;
  throw new ChangeRefusal(
    'The update of this call was changed after it was merged and shown. Nothing was written: make the call again with it.',
  );
}
