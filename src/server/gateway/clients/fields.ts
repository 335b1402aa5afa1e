import { CrosspointError } from '#protocol/errors.ts';

/** Reading of a client's JSON, with errors that name the field as the client wrote it. */

export type Json = Record<string, unknown>;

/** The request is wrong, whatever the model. */
export function malformed(param: string, expected: string): never {
  throw new CrosspointError('bad_request', { param, detail: `${param}: expected ${expected}.` });
}

/** The request is right, but not something that can be passed on to a model of another wire. */
export function unsupported(param: string, detail: string): never {
  throw new CrosspointError('unsupported_parameter', { param, detail });
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectAt(value: unknown, param: string): Json {
  return isObject(value) ? value : malformed(param, 'an object');
}

export function objectsAt(value: unknown, param: string): Json[] {
  if (!Array.isArray(value)) return malformed(param, 'an array');
  return value.map((entry, index) => objectAt(entry, `${param}[${index}]`));
}

export function stringAt(value: unknown, param: string): string {
  return typeof value === 'string' ? value : malformed(param, 'a string');
}

/** null is as good as absent in all three wires. */
export function optional<Value>(
  value: unknown,
  param: string,
  read: (value: unknown, param: string) => Value,
): Value | undefined {
  return value === undefined || value === null ? undefined : read(value, param);
}

export function numberAt(value: unknown, param: string): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : malformed(param, 'a number');
}

export function tokensAt(value: unknown, param: string): number {
  return Number.isInteger(value) && Number(value) > 0
    ? Number(value)
    : malformed(param, 'a positive integer');
}

export function booleanAt(value: unknown, param: string): boolean {
  return typeof value === 'boolean' ? value : malformed(param, 'true or false');
}

export function stringsAt(value: unknown, param: string): string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return malformed(param, 'a string or an array of strings');
  return value.map((entry, index) => stringAt(entry, `${param}[${index}]`));
}

export function oneOf<Value extends string>(value: unknown, param: string, known: readonly Value[]): Value {
  const found = known.find((name) => name === value);
  return found ?? malformed(param, `one of ${known.join(', ')}`);
}

/** Leaves out what is undefined, as exact optional properties want it. */
export function given<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Fields]: Exclude<Fields[Key], undefined>;
  };
}

/**
 * Refuses fields that would change what the client gets and cannot be said to another wire, and all that nobody knows.
 * @param idle fields that may be passed over, because leaving them out changes nothing but speed, price or bookkeeping
 */
export function assertKnown(
  body: Json,
  read: readonly string[],
  idle: readonly string[],
  refused: Readonly<Record<string, string>>,
): void {
  for (const [key, value] of Object.entries(body)) {
    if (value === undefined || value === null || read.includes(key) || idle.includes(key)) continue;
    unsupported(
      key,
      refused[key] ?? 'this field cannot be passed on to a model of another wire. Leave it out.',
    );
  }
}
