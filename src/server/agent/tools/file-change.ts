import { findOmission } from '#server/edit/omission.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { fileHash, workspacePath } from './text-file.ts';
import type { ToolContext, ToolOutcome } from './tool.ts';

/** A change that is not made. The message is for the model: why, and what to do instead. */
export class ChangeRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ChangeRefusal';
  }
}

/** Whether a file is another than the model knows; false where it knows nothing of it. @param hash null: there is no file */
export async function changedSinceSeen(
  { seen, sandbox }: Pick<ToolContext, 'seen' | 'sandbox'>,
  path: string,
  hash: string | null,
): Promise<boolean> {
  const known = await seen(workspacePath(sandbox, path));
  return known !== null && known.hash !== hash;
}

/** @throws {ChangeRefusal} when the new text has a placeholder in place of text that it would delete */
export function refuseOmission(path: string, before: string, after: string): void {
  const found = findOmission(path, before, after);
  if (!found) return;
  throw new ChangeRefusal(
    `Nothing was changed: line ${found.line} of the new ${path} would be "${found.text.slice(0, 120)}", which stands in place of text that would be lost. Write that text in full, or use edit_file with edits that leave it alone.`,
  );
}

/**
 * The answer to a call whose file is not the one any more that was shown when it was approved; null when it is.
 * @param hash of the file as it is now; null: there is none
 */
export async function staleOutcome(
  { approved, sandbox, tell }: Pick<ToolContext, 'approved' | 'sandbox' | 'tell'>,
  path: string,
  hash: string | null,
): Promise<ToolOutcome | null> {
  if (!approved || approved.path !== workspacePath(sandbox, path) || approved.accepts(hash)) return null;
  const message = `${path} was changed after this change of it was shown, so nothing was written.`;
  await tell([{ type: 'notice', data: { code: 'file_changed', message } }]);
  return {
    status: 'error',
    text: `${message} Read it again, and propose the change again if it is still right.`,
    summary: `Not written: ${path} was changed after this was shown`,
    currentFile: path,
  };
}

/** Writes a file. @returns what the model knows of it from then on */
export async function writeText(
  sandbox: Sandbox,
  path: string,
  text: string,
): Promise<Pick<ToolOutcome, 'currentFile' | 'file'>> {
  await sandbox.files.write(path, new TextEncoder().encode(text));
  return { currentFile: path, file: { path: workspacePath(sandbox, path), hash: fileHash(text) } };
}
