import * as v from 'valibot';

const wholeNumber = 'must be a whole number of at least 1';
const waiting = 'must be milliseconds from 0 to 600000';
const money = 'must be an amount in USD, 0 or more';

const count = v.pipe(v.number(wholeNumber), v.integer(wholeNumber), v.minValue(1, wholeNumber));

/** `Limits` as a file or the settings page gives them. */
const limits = {
  requestsPerMinute: v.exactOptional(count),
  tokensPerMinute: v.exactOptional(count),
  concurrency: v.exactOptional(count),
  queueMs: v.exactOptional(v.pipe(v.number(waiting), v.minValue(0, waiting), v.maxValue(600_000, waiting))),
};

const budget = v.strictObject({
  usd: v.pipe(v.number(money), v.minValue(0, money)),
  period: v.picklist(['day', 'month', 'total'], 'must be "day", "month" or "total"'),
  allowUnpriced: v.exactOptional(v.boolean('must be true or false')),
});

/** The limits of the configuration; those of a key are the key's own. Every part may be left out. */
export const limitSettings = v.strictObject({
  /** By user id; `*` for each user that is not named. */
  users: v.optional(v.record(v.string(), v.strictObject({ ...limits, budget: v.exactOptional(budget) })), {}),
  /** For each `Helicone-User-Id` of a user. */
  endUsers: v.optional(v.nullable(v.strictObject(limits)), null),
  /** By provider id. */
  providers: v.optional(v.record(v.string(), v.strictObject(limits)), {}),
  /** Of everything together. */
  budget: v.optional(v.nullable(budget), null),
  /** When the store of the limits fails: `open` lets every call pass, `closed` (default) none that has a limit. */
  storeFailure: v.optional(v.picklist(['open', 'closed'], 'must be "open" or "closed"'), 'closed'),
});

export type LimitSettings = v.InferOutput<typeof limitSettings>;
