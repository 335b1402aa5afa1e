import type { FileDiff, ProposedCall } from '#protocol/review.ts';

/** Lines of unchanged text around a change, so that a place is recognised again. */
const contextLines = 3;

/**
 * One exact edit that turns `before` into `after`: the changed lines with some context, widened until `oldText`
 * occurs once in `before`, which `edit_file` demands. Null when the texts are equal.
 */
export function editBetween(before: string, after: string): { oldText: string; newText: string } | null {
  if (before === after) return null;
  const old = before.split('\n');
  const next = after.split('\n');
  const start = commonPrefix(old, next);
  const end = commonSuffix(old.slice(start), next.slice(start));
  for (let context = contextLines; ; context *= 2) {
    const from = Math.max(0, start - context);
    const after = Math.max(0, end - context);
    const oldText = old.slice(from, old.length - after).join('\n');
    const whole = from === 0 && after === 0;
    if (whole || occursOnce(before, oldText))
      return { oldText, newText: next.slice(from, next.length - after).join('\n') };
  }
}

function commonPrefix(left: string[], right: string[]): number {
  const index = left.findIndex((line, position) => line !== right[position]);
  return index === -1 ? left.length : index;
}

function commonSuffix(left: string[], right: string[]): number {
  return commonPrefix([...left].reverse(), [...right].reverse());
}

function occursOnce(text: string, part: string): boolean {
  const first = text.indexOf(part);
  return part !== '' && first !== -1 && text.indexOf(part, first + 1) === -1;
}

type ShownCall = Pick<ProposedCall, 'name' | 'args' | 'diff'>;

const editedField: Record<string, string> = {
  write_file: 'content',
  run_terminal_command: 'command',
  execute_code: 'code',
};

/** The text of a proposed call that a person may change before approving it. */
export function editableText(call: ShownCall): string {
  if (call.name === 'edit_file' && call.diff) return call.diff.after;
  const field = editedField[call.name];
  if (field === undefined) return JSON.stringify(call.args, null, 2);
  return String(call.args[field] ?? '');
}

/**
 * The arguments that do what the person wrote; null when the text is as it was proposed.
 * @throws SyntaxError when raw arguments were edited into something that is not a JSON object
 */
export function editedArguments(call: ShownCall, text: string): Record<string, unknown> | null {
  if (text === editableText(call)) return null;
  const field = editedField[call.name];
  if (field !== undefined) return { ...call.args, [field]: text };
  if (call.name === 'edit_file' && call.diff) return editArguments(call.diff, text);
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('The arguments must be a JSON object.');
  return value as Record<string, unknown>;
}

/** A file that is emptied or begun has no text to replace; then the edit is the whole file. */
function editArguments(diff: FileDiff, text: string): Record<string, unknown> {
  const edit = editBetween(diff.before, text) ?? { oldText: diff.before, newText: text };
  return { path: diff.path, edits: [edit] };
}
