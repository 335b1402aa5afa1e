import { sql, type RawBuilder } from 'kysely';
import type { UsageGrouping } from '#protocol/usage-reports.ts';
import type { Queries } from './database.ts';
import { scanLedger } from './ledger-scan.ts';
import type { LedgerFilter } from './ledger.types.ts';
import { addEntry, dayOf, noSums, sumColumns, valueIn, type Dimension, type Sums } from './usage-cells.ts';
import { foldLedger } from './usage-fold.ts';

/** Of several columns in one text; no name holds it. */
export const separator = '\u001f';

interface Cell {
  day: string;
  value: string;
  provider: string;
  model: string;
}

/** How sums are put together: in SQL for those that are kept, in code for rows that are not yet in them. */
interface Grouping {
  dimension: Dimension;
  stored: RawBuilder<string>;
  key(cell: Cell): string;
}

const byValue = { stored: sql<string>`value`, key: ({ value }: Cell) => value };

const dayGrouping: Grouping = { dimension: 'all', stored: sql`day`, key: ({ day }) => day };
const providerGrouping: Grouping = {
  dimension: 'all',
  stored: sql`provider`,
  key: ({ provider }) => provider,
};
const modelGrouping: Grouping = {
  dimension: 'all',
  stored: sql`provider || '/' || model`,
  key: ({ provider, model }) => `${provider}/${model}`,
};
export const exactModelGrouping: Grouping = {
  dimension: 'all',
  stored: sql`provider || ${separator} || model`,
  key: ({ provider, model }) => provider + separator + model,
};
export const timelineGrouping: Grouping = {
  dimension: 'all',
  stored: sql`day || ${separator} || provider || ${separator} || model`,
  key: ({ day, provider, model }) => [day, provider, model].join(separator),
};
export const servedGrouping: Grouping = {
  dimension: 'served',
  stored: sql`value || ${separator} || provider || ${separator} || model`,
  key: ({ value, provider, model }) => [value, provider, model].join(separator),
};

export function groupingOf(by: UsageGrouping): Grouping {
  if (by === 'day') return dayGrouping;
  if (by === 'provider') return providerGrouping;
  if (by === 'model') return modelGrouping;
  return { dimension: by, ...byValue };
}

/** Sums for each key of the grouping: from those that are kept, where they can tell, and from the rows after them. */
export async function sumsBy(
  db: Queries,
  userId: string,
  grouping: Grouping,
  filter: LedgerFilter,
): Promise<Map<string, Sums>> {
  const kept = keptFor(grouping.dimension, filter);
  const afterRow = kept ? await foldLedger(db) : 0;
  const found = kept ? await storedSums(db, userId, grouping, filter, kept) : new Map<string, Sums>();
  const { dimension } = grouping;
  const properties = dimension.startsWith('property:');
  await scanLedger(db, { userId, filter, afterRow, properties }, (row, own) => {
    const value = valueIn(dimension, row, own);
    if (value === null) return;
    const key = grouping.key({ day: dayOf(row), value, provider: row.provider, model: row.model });
    let sums = found.get(key);
    if (!sums) found.set(key, (sums = noSums()));
    addEntry(sums, row);
  });
  return found;
}

/**
 * The dimension whose sums can tell: they know day, provider and model beside one value. A filter by anything else, or by
 * two of them, is answered from the rows themselves.
 */
export function keptFor(
  wanted: Dimension,
  filter: LedgerFilter,
): { dimension: Dimension; value?: string } | null {
  const { keyId, endUser, sessionId, threadId, property } = filter;
  const asked: { dimension: Dimension; value: string }[] = [];
  if (keyId !== undefined) asked.push({ dimension: 'key', value: keyId ?? '' });
  if (endUser !== undefined) asked.push({ dimension: 'user', value: endUser });
  if (sessionId !== undefined) asked.push({ dimension: 'session', value: sessionId });
  if (threadId !== undefined) asked.push({ dimension: 'thread', value: threadId });
  if (property) asked.push({ dimension: `property:${property.name}`, value: property.value });
  const [first, ...more] = asked;
  if (!first) return { dimension: wanted };
  if (more.length) return null;
  return wanted === 'all' || wanted === first.dimension ? first : null;
}

async function storedSums(
  db: Queries,
  userId: string,
  { stored }: Grouping,
  { provider, model, from, to }: LedgerFilter,
  kept: { dimension: Dimension; value?: string },
): Promise<Map<string, Sums>> {
  let query = db
    .selectFrom('ledger_sums')
    .select(stored.as('key'))
    .select((eb) => sumColumns.map((column) => eb.fn.sum<number>(column).as(column)))
    .where('user_id', '=', userId)
    .where('dimension', '=', kept.dimension);
  if (kept.value !== undefined) query = query.where('value', '=', kept.value);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (model !== undefined) query = query.where('model', '=', model);
  if (from !== undefined) query = query.where('day', '>=', from);
  if (to !== undefined) query = query.where('day', '<=', to);
  const rows = await query.groupBy(stored).execute();
  return new Map(rows.map(({ key, ...sums }) => [key, sums as Sums]));
}
