import * as v from 'valibot';

/**
 * Makes a tool's `parse`. Absent and null are the same: some models write null for every optional argument.
 * @throws {Error} whose message names the first wrong argument.
 */
export function parseWith<Schema extends v.GenericSchema>(
  schema: Schema,
): (args: unknown) => v.InferOutput<Schema> {
  return (args) => {
    const result = v.safeParse(schema, withoutNulls(args));
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw new Error(`${v.getDotPath(issue) ?? 'The arguments'}: ${issue.message}`);
  };
}

function withoutNulls(args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

export const pathSchema = v.pipe(
  v.string('a path is needed, relative to the workspace.'),
  v.minLength(1, 'the path is empty.'),
  v.maxLength(4_096, 'the path is longer than 4096 characters.'),
  v.check((path) => !path.includes('\0'), 'the path contains a zero byte.'),
);

export const lineNumber = v.pipe(
  v.number('must be a number.'),
  v.integer('must be a whole number.'),
  v.minValue(1, 'must be at least 1.'),
);

/** JSON schema of an object with these properties, nothing else. */
export function objectSchema(
  properties: Record<string, unknown>,
  required: string[],
): Record<string, unknown> {
  return { type: 'object', properties, required, additionalProperties: false };
}
