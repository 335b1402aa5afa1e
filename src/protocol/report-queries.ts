import * as v from 'valibot';
import type { UsageGrouping } from './usage-reports.ts';

/** What stands after the `?` of reports and lists. Texts, as they come in a URL. */

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(500));

const day = v.pipe(
  v.string(),
  v.check(
    (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
    'must be a date such as 2026-11-25',
  ),
);

const model = v.pipe(
  word,
  v.check((text) => /^[^/]+\/./.test(text), 'must be "provider/model"'),
);

const property = v.pipe(
  word,
  v.check((text) => /^[^:]+:./.test(text), 'must be "name:value"'),
);

const filter = {
  model: v.exactOptional(model),
  provider: v.exactOptional(word),
  key: v.exactOptional(word),
  user: v.exactOptional(word),
  session: v.exactOptional(word),
  thread: v.exactOptional(word),
  property: v.exactOptional(property),
  from: v.exactOptional(day),
  to: v.exactOptional(day),
};

/** `GET /api/usage/timeline`, `GET /api/usage/performance` */
export const reportQuery = v.strictObject(filter);

const plainGroupings = ['model', 'provider', 'thread', 'day', 'key', 'user', 'session'] as const;

/** `GET /api/usage` */
export const usageQuery = v.strictObject({
  ...filter,
  groupBy: v.optional(
    v.custom<UsageGrouping>(
      (by) =>
        typeof by === 'string' &&
        ((plainGroupings as readonly string[]).includes(by) || /^property:[^\s:]{1,200}$/.test(by)),
      `takes one of: ${plainGroupings.join(', ')}, property:<name>`,
    ),
    'model',
  ),
});

const requestFilter = {
  ...filter,
  status: v.exactOptional(v.picklist(['settled', 'failed', 'aborted', 'cached', 'reserved'])),
  error: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
};

const count = (most: number) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => /^\d{1,15}$/.test(text) && Number(text) >= 1 && Number(text) <= most,
      `must be 1 to ${most}`,
    ),
    v.transform(Number),
  );

/** `GET /api/requests` */
export const requestsQuery = v.strictObject({
  ...requestFilter,
  limit: v.optional(count(200), '50'),
  after: v.exactOptional(count(Number.MAX_SAFE_INTEGER)),
});

/** `GET /api/requests.csv` */
export const exportQuery = v.strictObject(requestFilter);

export type ReportQuery = v.InferOutput<typeof reportQuery>;
export type ExportQuery = v.InferOutput<typeof exportQuery>;
