/** More digits than a double holds for sure: two such numbers may be one after parsing. */
const longNumber = /[\d.]{16}/;

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
/** The text of a number that a double does not hold. */
class ExactNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/**
 * The text of a JSON body that is the same for every order of its keys and every spacing, without some of its top-level keys.
 * What is no JSON stands for itself.
 */
export function canonicalBody(text: string, ignoredKeys: readonly string[]): string {
  let body: unknown;
  try {
    body = longNumber.test(text)
      ? JSON.parse(text, keepLongNumbers as Parameters<typeof JSON.parse>[1])
      : JSON.parse(text);
  } catch {
    return text;
  }
  if (ignoredKeys.length && typeof body === 'object' && body !== null && !Array.isArray(body)) {
    for (const key of ignoredKeys) delete (body as Record<string, unknown>)[key];
  }
  return canonicalJson(body);
}

/** JSON text with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (value instanceof ExactNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`)
    .join(',')}}`;
}

const keepLongNumbers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && source.length >= 16 ? new ExactNumber(source) : value;
