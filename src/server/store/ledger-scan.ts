import { setImmediate as breathe } from 'node:timers/promises';
import type { Queries } from './database.ts';
import { ledgerConditions } from './ledger-filter.ts';
import type { LedgerFilter } from './ledger.types.ts';
import { entryColumns, type LedgerEntry } from './usage-cells.ts';

/** Rows that are read at once: some 20 ms, then whoever else waits has its turn. */
const windowRows = 10_000;

export type Properties = ReadonlyMap<string, string>;

/**
 * Reads rows of the ledger from one after `afterRow` on, in pieces.
 * @param visit gets the properties only of dimensions that need them
 */
export async function scanLedger(
  db: Queries,
  scope: { userId: string; filter: LedgerFilter; afterRow: number; properties: boolean },
  visit: (row: LedgerEntry, properties: Properties | undefined) => void,
): Promise<void> {
  const last = await lastRow(db);
  for (let after = scope.afterRow; after < last; after += windowRows) {
    const through = Math.min(after + windowRows, last);
    const rows = await db
      .selectFrom('ledger')
      .select(entryColumns)
      .where((eb) => eb.and(ledgerConditions(eb, scope.userId, scope.filter)))
      .where('row', '>', after)
      .where('row', '<=', through)
      .execute();
    const properties =
      scope.properties && rows.length ? await propertiesWithin(db, after, through) : undefined;
    for (const row of rows) visit(row, properties?.get(row.row));
    if (through < last) await breathe();
  }
}

export async function lastRow(db: Queries): Promise<number> {
  const { last } = await db
    .selectFrom('ledger')
    .select((eb) => eb.fn.max('row').as('last'))
    .executeTakeFirstOrThrow();
  return last ?? 0;
}

/** By row. */
export async function propertiesWithin(
  db: Queries,
  after: number,
  through: number,
): Promise<Map<number, Map<string, string>>> {
  const pairs = await db
    .selectFrom('ledger_properties')
    .select(['row', 'name', 'value'])
    .where('row', '>', after)
    .where('row', '<=', through)
    .execute();
  const found = new Map<number, Map<string, string>>();
  for (const { row, name, value } of pairs) {
    const of = found.get(row) ?? new Map<string, string>();
    found.set(row, of.set(name, value));
  }
  return found;
}
