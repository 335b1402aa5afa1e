import * as v from 'valibot';
import { headerForm, messageForm, type Header, type ImportedMessage } from './form.ts';
import { readLines, type Line } from './lines.ts';
import { TransferError } from './transfer-error.ts';

export type Entry = { header: Header } | { message: ImportedMessage };

/**
 * What a file says, one line at a time, checked.
 * @throws TransferError with the number of the first line that is wrong, and what would be right
 */
export async function* readTranscript(path: string): AsyncGenerator<Entry> {
  let isFirst = true;
  for await (const line of readLines(path)) {
    const value = parse(line);
    const isHeader = 'type' in value && !('role' in value);
    if (isHeader && !isFirst)
      throw new TransferError(
        'only the first line may describe the thread; each other one has a "role".',
        line.number,
      );
    yield isHeader
      ? { header: check(headerForm, value, line) }
      : { message: check(messageForm, value, line) };
    isFirst = false;
  }
}

function parse({ text, number }: Line): object {
  const value = parseJson(text, number);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TransferError('it must be one JSON object: a message, or on the first line the thread.', number);
}

function parseJson(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new TransferError(`it is not JSON: ${cause.message}`, number);
    throw cause;
  }
}

function check<Schema extends v.GenericSchema>(
  schema: Schema,
  value: object,
  { number }: Line,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new TransferError(place === null ? issue.message : `"${place}": ${issue.message}`, number);
}
