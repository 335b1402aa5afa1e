import * as v from 'valibot';

/** What a person may send about keys. Unlike other commands, unknown fields are refused: a misspelt limit would be none. */

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000_000));

const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100));

const models = v.nullable(
  v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.maxLength(300),
        v.regex(
          /^([^/\s]+\/\S+|[A-Za-z0-9][\w.:-]*)$/,
          'must be "provider/model", "provider/*" or the name of a model',
        ),
      ),
    ),
    v.maxLength(200),
  ),
);

const limits = v.strictObject({
  requestsPerMinute: v.exactOptional(count),
  tokensPerMinute: v.exactOptional(count),
  concurrency: v.exactOptional(count),
  queueMs: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(600_000))),
});

const budget = v.nullable(
  v.strictObject({
    usd: v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000_000)),
    period: v.picklist(['day', 'month', 'total']),
    allowUnpriced: v.exactOptional(v.boolean()),
  }),
);

/** An ISO date or time; null: never. */
const expiresAt = v.nullable(
  v.pipe(
    v.string(),
    v.maxLength(40),
    v.check(
      (text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
      'must be an ISO date or time',
    ),
    v.transform((text) => new Date(text).toISOString()),
  ),
);

/** `POST /api/keys` */
export const createKeyCommand = v.strictObject({
  name,
  models: v.optional(models, null),
  limits: v.optional(limits, {}),
  budget: v.optional(budget, null),
  storeBodies: v.optional(v.boolean(), false),
  expiresAt: v.optional(expiresAt, null),
});

/** `PATCH /api/keys/{id}`: what is not given stays; `limits` is replaced as a whole. */
export const changeKeyCommand = v.strictObject({
  name: v.exactOptional(name),
  models: v.exactOptional(models),
  limits: v.exactOptional(limits),
  budget: v.exactOptional(budget),
  storeBodies: v.exactOptional(v.boolean()),
  expiresAt: v.exactOptional(expiresAt),
});

export type CreateKey = v.InferOutput<typeof createKeyCommand>;
export type ChangeKey = v.InferOutput<typeof changeKeyCommand>;
