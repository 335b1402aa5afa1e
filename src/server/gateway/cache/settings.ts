import * as v from 'valibot';

const wholeNumber = 'must be a whole number of at least 1';
const count = v.pipe(v.number(wholeNumber), v.integer(wholeNumber), v.minValue(1, wholeNumber));

/** How much the response cache keeps. A change applies from the next answer on. */
export const cacheSettings = v.strictObject({
  maxBytes: v.optional(count, 256 * 2 ** 20),
  maxEntries: v.optional(count, 100_000),
});

export type CacheSettings = v.InferOutput<typeof cacheSettings>;
