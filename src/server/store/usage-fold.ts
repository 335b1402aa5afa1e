import { setImmediate as breathe } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Queries } from './database.ts';
import { lastRow, propertiesWithin } from './ledger-scan.ts';
import { addBuckets, bucketOf, readBuckets, writeBuckets, type Buckets } from './percentiles.ts';
import type { Database } from './schema.ts';
import {
  addEntry,
  dayOf,
  dimensionsOf,
  entryColumns,
  noSums,
  speedsOf,
  sumColumns,
  valueIn,
  type LedgerEntry,
} from './usage-cells.ts';

/** Fewer rows are left as they are, because a report reads them as fast. A transaction never folds more. */
const foldRows = 1_000;
/** Rows of the first transaction, before anything is known of the machine, and of the smallest. */
const leastRows = 100;
/** Milliseconds: SQLite works within the event loop, so for as long as a transaction takes nobody else has a turn. */
const pieceMs = 15;
/** Rows of one insert: SQLite takes 32,766 parameters. */
const insertRows = 250;

/**
 * Brings the sums up to date, piece by piece, up to the first attempt that still runs: what is settled never changes again.
 * @returns the last row that the sums cover
 */
export async function foldLedger(db: Queries): Promise<number> {
  let piece = leastRows;
  for (;;) {
    const after = await foldedThrough(db);
    const limit = await lastSettled(db);
    if (limit - after < foldRows || db.isTransaction) return after;
    const through = after + piece;
    const started = performance.now();
    await db.transaction().execute((queries) => foldOnce(queries, after, through));
    piece = nextPiece(piece, performance.now() - started);
    await breathe();
  }
}

/** Twice as many rows at most, because the first ones pay for what is compiled and read once. */
function nextPiece(rows: number, tookMs: number): number {
  const fitting = Math.floor((rows * pieceMs) / tookMs);
  return Math.max(leastRows, Math.min(fitting, 2 * rows, foldRows));
}

async function foldedThrough(db: Queries): Promise<number> {
  const { through_row } = await db
    .selectFrom('ledger_folded')
    .select('through_row')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return through_row;
}

async function lastSettled(db: Queries): Promise<number> {
  const { first } = await db
    .selectFrom('ledger')
    .select((eb) => eb.fn.min('row').as('first'))
    .where(sql<boolean>`status = 'reserved'`)
    .executeTakeFirstOrThrow();
  return first === null ? lastRow(db) : first - 1;
}

/** Another process may have folded the same rows meanwhile: then nothing is left to do. */
async function foldOnce(db: Queries, after: number, through: number): Promise<void> {
  const moved = await db
    .updateTable('ledger_folded')
    .set({ through_row: through })
    .where('id', '=', 1)
    .where('through_row', '=', after)
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n) return;
  const rows = await db
    .selectFrom('ledger')
    .select(entryColumns)
    .where('row', '>', after)
    .where('row', '<=', through)
    .execute();
  const properties = await propertiesWithin(db, after, through);
  const sums = new Map<string, Database['ledger_sums']>();
  const speeds = new Map<string, Speeds>();
  for (const row of rows) {
    sumUp(sums, row, properties.get(row.row));
    countSpeeds(speeds, row);
  }
  await addSums(db, [...sums.values()]);
  for (const each of speeds.values()) await addSpeeds(db, each);
}

function sumUp(
  sums: Map<string, Database['ledger_sums']>,
  row: LedgerEntry,
  properties: ReadonlyMap<string, string> | undefined,
): void {
  const { user_id, provider, model } = row;
  const day = dayOf(row);
  for (const dimension of dimensionsOf(properties)) {
    const value = valueIn(dimension, row, properties);
    if (value === null) continue;
    const key = JSON.stringify([user_id, dimension, day, value, provider, model]);
    let cell = sums.get(key);
    if (!cell) sums.set(key, (cell = { user_id, dimension, day, value, provider, model, ...noSums() }));
    addEntry(cell, row);
  }
}

/** What is counted for one day of one model, to be added to its row. */
type Speeds = Omit<Database['ledger_speeds'], 'buckets'> & { buckets: Buckets };

function countSpeeds(speeds: Map<string, Speeds>, row: LedgerEntry): void {
  const { user_id, provider, model } = row;
  const day = dayOf(row);
  for (const [measure, ms] of speedsOf(row)) {
    const key = JSON.stringify([user_id, measure, day, provider, model]);
    let of = speeds.get(key);
    if (!of) speeds.set(key, (of = { user_id, measure, day, provider, model, buckets: new Map() }));
    addBuckets(of.buckets, [[bucketOf(ms), 1]]);
  }
}

async function addSpeeds(db: Queries, { buckets, ...key }: Speeds): Promise<void> {
  const known = await db
    .selectFrom('ledger_speeds')
    .select('buckets')
    .where((eb) => eb.and(key))
    .executeTakeFirst();
  if (known) addBuckets(buckets, readBuckets(known.buckets));
  const text = writeBuckets(buckets);
  await db
    .insertInto('ledger_speeds')
    .values({ ...key, buckets: text })
    .onConflict((on) =>
      on.columns(['user_id', 'measure', 'day', 'provider', 'model']).doUpdateSet({ buckets: text }),
    )
    .execute();
}

async function addSums(db: Queries, sums: Database['ledger_sums'][]): Promise<void> {
  for (let at = 0; at < sums.length; at += insertRows)
    await db
      .insertInto('ledger_sums')
      .values(sums.slice(at, at + insertRows))
      .onConflict((on) =>
        on
          .columns(['user_id', 'dimension', 'day', 'value', 'provider', 'model'])
          .doUpdateSet((eb) =>
            Object.fromEntries(
              sumColumns.map((column) => [
                column,
                eb(`ledger_sums.${column}`, '+', eb.ref(`excluded.${column}`)),
              ]),
            ),
          ),
      )
      .execute();
}
