import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { FileDiff } from '#protocol/review.ts';
import { newSyntaxError } from '#server/edit/gate.ts';
import { inFormOf } from '#server/edit/whole-file.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import { changedSinceSeen, ChangeRefusal, refuseOmission, staleOutcome, writeText } from './file-change.ts';
import { decodeText, fileDiff, fileHash, maxEditableBytes, workspacePath } from './text-file.ts';
import type { PreviewContext, Tool } from './tool.ts';

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
  async preview(args, context) {
    const file = await currentFile(args.path, context.sandbox);
    await refuse(args, context, file);
    const diff = diffOf(args, file);
    const broken = diff && (await newSyntaxError(args.path, diff.before, diff.after));
    return diff && broken ? { ...diff, warnings: [broken] } : diff;
  },
  async run(args, context) {
    const file = await currentFile(args.path, context.sandbox);
    const stale = file.hash === undefined ? null : await staleOutcome(context, args.path, file.hash);
    if (stale) return stale;
    // Who was asked saw what would be lost.
    const wasShown = context.approved?.path === workspacePath(context.sandbox, args.path);
    if (wasShown) refuseOmission(args.path, file.text ?? '', args.content);
    else await refuse(args, context, file);
    const diff = diffOf(args, file);
    const written = await writeText(context.sandbox, args.path, inFormOf(file.text, args.content));
    const verb = diff?.isNew ? 'Created' : 'Wrote';
    const counts = diff ? ` (+${diff.added} -${diff.removed})` : '';
    const summary = `${verb} ${args.path}${counts}`;
    const broken = diff && (await newSyntaxError(args.path, diff.before, diff.after));
    return { status: 'ok', text: broken ? `${summary}. ${broken}` : `${summary}.`, summary, ...written };
  },
};

/** @throws {ChangeRefusal} */
async function refuse({ path, content }: Args, context: PreviewContext, file: CurrentFile): Promise<void> {
  if (file.hash && (await changedSinceSeen(context, path, file.hash)))
    throw new ChangeRefusal(
      `${path} was changed since you last saw it, by a person, a command or another thread. Nothing was written, so that this is not lost. Read it again, then write all of it, or use edit_file.`,
    );
  refuseOmission(path, file.text ?? '', content);
}

interface CurrentFile {
  /** null: there is no file, or it is not text. */
  text: string | null;
  /** null: there is no file; absent: it is too large to be looked at. */
  hash?: string | null;
}

async function currentFile(path: string, sandbox: Sandbox): Promise<CurrentFile> {
  const stat = await sandbox.files.stat(path);
  if (stat?.type === 'directory') throw new Error(`${path} is a folder.`);
  if (!stat) return { text: null, hash: null };
  try {
    const bytes = await sandbox.files.read(path, { maxBytes: maxEditableBytes });
    return { text: decodeText(bytes), hash: fileHash(bytes) };
  } catch (cause) {
    if (cause instanceof CrosspointError && cause.code === 'file_too_large') return { text: null };
    throw cause;
  }
}

/** No diff where the file as it is now is not text; it is replaced all the same. */
function diffOf({ path, content }: Args, { text, hash }: CurrentFile): FileDiff | undefined {
  return text === null && hash !== null ? undefined : fileDiff(path, text, inFormOf(text, content));
}
