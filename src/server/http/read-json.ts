import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import { readCapped } from '#server/read-capped.ts';
import { tooLarge } from './guard.ts';

/** Levels of nesting; deeper input is an attack on recursive code. */
const maxDepth = 64;

/**
 * Reads a JSON object and gives it the form of a command.
 * @param limit bytes, counted while they arrive
 * @throws `too_large`, `bad_json`, and `bad_request` that names the first wrong field
 */
export async function readCommand<Schema extends v.GenericSchema>(
  body: AsyncIterable<Uint8Array>,
  schema: Schema,
  limit: number,
): Promise<v.InferOutput<Schema>> {
  const value = parseJson(await readBytes(body, limit));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CrosspointError('bad_json');
  assertDepth(value);
  return parseInput(schema, value);
}

/** @throws `bad_request` that names the first wrong field */
function parseInput<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = issue.path?.map((item) => String(item.key)).join('.');
  const problem = issue.message.replace(/^Invalid (?:type|key|length): /, '').slice(0, 300);
  throw new CrosspointError('bad_request', {
    detail: path
      ? `The field "${path.slice(0, 200)}" is wrong: ${problem}.`
      : `The body is wrong: ${problem}.`,
  });
}

async function readBytes(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const bytes = await readCapped(body, limit);
  if (bytes === null) throw tooLarge(limit);
  return bytes;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CrosspointError('bad_json', {}, { cause });
  }
}

/** Without recursion, so that the check itself cannot be overrun. */
function assertDepth(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth)
      throw new CrosspointError('bad_request', {
        detail: `The body is nested deeper than ${maxDepth} levels.`,
      });
    level = level.flatMap((entry) =>
      typeof entry === 'object' && entry !== null ? Object.values(entry) : [],
    );
  }
}
