import { hash } from 'node:crypto';

/** What a model reads of a text, and the text itself where that is not all of it. */
export interface LongOutput {
  text: string;
  /** To be kept beside the record; absent: `text` is all. */
  whole?: string;
}

/** By which the rest of a call's output is asked for: short, and the same whatever a provider calls the call. */
export function outputName(toolCallId: string): string {
  return hash('sha256', toolCallId, 'hex').slice(0, 8);
}

/**
 * The beginning and the end of a long text, cut between lines where they are short, and how to read what is between them.
 * @param limit characters that are shown, beside the note
 * @param before characters of `whole` that stand before this text, where it is a part of it
 */
export function headAndTail(text: string, limit: number, toolCallId: string, before = 0): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const newline = text.lastIndexOf('\n', half);
  const head = newline > half * 0.8 ? newline + 1 : half;
  const next = text.indexOf('\n', text.length - half);
  const tail = next >= 0 && next < text.length - half * 0.8 ? next + 1 : text.length - half;
  const how = JSON.stringify({ output: outputName(toolCallId), offset: before + head });
  const shown = `${text.slice(0, head)}\n[… ${tail - head} characters left out: read_output ${how} shows them …]\n${text.slice(tail)}`;
  return shown.toWellFormed();
}

/** A text of any length as the result of a call. */
export function longOutput(text: string, limit: number, toolCallId: string): LongOutput {
  if (text.length <= limit) return { text };
  return { text: headAndTail(text, limit, toolCallId), whole: text };
}
