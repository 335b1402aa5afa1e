import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import type { ExportQuery, ReportQuery } from '#protocol/report-queries.ts';
import type { LedgerFilter, RequestFilter } from '#server/store/ledger.types.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Days that a report covers where no `from` is given. */
const usualDays = 30;

/** @throws CrosspointError `bad_request` that names the first wrong parameter */
export function readQuery<Schema extends v.GenericSchema>(
  schema: Schema,
  query: URLSearchParams,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, Object.fromEntries(query), { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const name = issue.path?.map((item) => String(item.key)).join('.') ?? '';
  const problem =
    issue.type === 'strict_object'
      ? 'is not known here'
      : issue.message.replace(/^Invalid \w+: /, '').slice(0, 300);
  throw new CrosspointError('bad_request', { detail: `"${name.slice(0, 100)}" ${problem}.` });
}

/** The filter that the parameters mean. */
export function ledgerFilter(query: ReportQuery): LedgerFilter {
  const { model, provider, key, user, session, thread, property, from, to } = query;
  const [ofProvider, ...ofModel] = model?.split('/') ?? [];
  const [name, ...value] = property?.split(':') ?? [];
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(ofProvider === undefined ? {} : { provider: ofProvider, model: ofModel.join('/') }),
    ...(key === undefined ? {} : { keyId: key === 'none' ? null : key }),
    ...(user === undefined ? {} : { endUser: user }),
    ...(session === undefined ? {} : { sessionId: session }),
    ...(thread === undefined ? {} : { threadId: thread }),
    // Names of headers, hence of properties, are in lower case.
    ...(name === undefined ? {} : { property: { name: name.toLowerCase(), value: value.join(':') } }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

export function requestFilter({ status, error, ...query }: ExportQuery): RequestFilter {
  return {
    ...ledgerFilter(query),
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
  };
}

/** A report's first and last day: 30 days to today, where nothing else is asked. */
export function daysOf({ from, to }: ReportQuery, now = Date.now()): { from: string; to: string } {
  const last = to ?? isoDay(now);
  return { from: from ?? isoDay(Date.parse(last) - (usualDays - 1) * dayMs), to: last };
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
