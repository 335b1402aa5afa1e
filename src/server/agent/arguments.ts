import { createHash } from 'node:crypto';

/** Keys that change what an object is in JavaScript, or what LangChain's serializer revives (rule R10). */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype', 'lc']);

/** The message tells the model what is wrong with its arguments. */
export class ArgumentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ArgumentError';
  }
}

export interface CheckedArguments {
  value: Record<string, unknown>;
  /** Canonical JSON text: this is shown, hashed, stored and run. */
  text: string;
  hash: string;
}

/** `argumentDepth`: levels of objects and lists. */
interface ArgumentLimits {
  argumentBytes: number;
  argumentDepth: number;
}

/** @throws {ArgumentError} unless the text is a JSON object of plain data within the limits. */
export function checkArgumentText(text: string, limits: ArgumentLimits): CheckedArguments {
  if (Buffer.byteLength(text) > limits.argumentBytes) throw tooLarge(limits);
  return checkArguments(parseJson(text.trim() === '' ? '{}' : text), limits);
}

/** @throws {ArgumentError} */
export function checkArguments(value: unknown, limits: ArgumentLimits): CheckedArguments {
  if (!isObject(value)) throw new ArgumentError('The arguments must be a JSON object.');
  assertPlain(value, limits.argumentDepth);
  const text = canonicalText(value);
  if (Buffer.byteLength(text) > limits.argumentBytes) throw tooLarge(limits);
  return { value, text, hash: hashText(text) };
}

/** JSON with sorted keys and no spaces: equal values have equal texts. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    isObject(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  );
}

/** SHA-256, hex. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ArgumentError(`The arguments are not valid JSON: ${(cause as Error).message}`);
  }
}

function assertPlain(value: unknown, depthLeft: number): void {
  if (depthLeft < 0) throw new ArgumentError('The arguments are nested too deeply.');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new ArgumentError('The arguments contain a number that is too large.');
  if (typeof value === 'string') assertWellFormed(value);
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    if (forbiddenKeys.has(key)) throw new ArgumentError(`The arguments may not contain the key "${key}".`);
    assertWellFormed(key);
  }
  for (const entry of Object.values(value)) assertPlain(entry, depthLeft - 1);
}

/** A file could not hold it, and providers refuse a history with it: the model is told before anything is lost. */
function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new ArgumentError('The arguments contain half of a surrogate pair.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tooLarge(limits: ArgumentLimits): ArgumentError {
  return new ArgumentError(
    `The arguments are larger than ${limits.argumentBytes / 1024} KB. Do it in smaller steps.`,
  );
}
