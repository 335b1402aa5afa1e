/** A request that the provider refuses: its status and what its error body says. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;

  constructor(message: string, more: { status?: number; type?: string; code?: string; param?: string } = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = more.status ?? 400;
    this.type = more.type ?? 'invalid_request_error';
    this.code = more.code ?? null;
    this.param = more.param ?? null;
  }
}

export function refuse(message: string, more?: ConstructorParameters<typeof Refusal>[1]): never {
  throw new Refusal(message, more);
}

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an array of objects, or the refusal. */
export function objects(value: unknown, refusal: () => never): Json[] {
  return Array.isArray(value) && value.every(isObject) ? value : refusal();
}

export function unknownKey(value: Json, known: readonly string[]): string | undefined {
  return Object.keys(value).find((key) => !known.includes(key));
}

export function isJsonObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof SyntaxError) return false;
    throw cause;
  }
}

export function emptyArray(path: string): never {
  refuse(
    `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    {
      code: 'empty_array',
      param: path,
    },
  );
}
