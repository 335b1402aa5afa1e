import * as v from 'valibot';
import { webUrl } from '../result-url.ts';
import type { SearchResult } from '../types.ts';
import { WebError } from '../web-error.ts';

/** A field that an API may leave out or send as null, and whose other types nobody promised: anything else is absent. */
export const optionalText = v.fallback(v.nullish(v.string()), undefined);
export const optionalNumber = v.fallback(v.nullish(v.number()), undefined);

/** @throws {WebError} `bad_response` that names the first field that is not as the provider documents it */
export function readAnswer<Schema extends v.GenericSchema>(
  schema: Schema,
  label: string,
  body: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'its whole answer';
  throw new WebError(
    'bad_response',
    `${label} sent something that is not its protocol (at ${where}). Try again once, or go on without it.`,
    { status: 200 },
  );
}

/** A result with a usable address; null for another one: it cannot be named as a source. */
export function resultOf(
  url: unknown,
  title: string | null | undefined,
  text: string | null | undefined,
  publishedAt?: string | null,
): SearchResult | null {
  const address = webUrl(url);
  if (address === null) return null;
  return {
    url: address,
    title: title?.trim() || address,
    text: text ?? '',
    ...(publishedAt ? { publishedAt } : {}),
  };
}

export function withoutNulls<Value>(values: readonly (Value | null)[]): Value[] {
  return values.filter((value) => value !== null);
}
