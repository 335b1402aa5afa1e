import { Kysely, sql, type Transaction } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import * as start from './migrations/0001-start.ts';
import * as fallbackModels from './migrations/0002-fallback-models.ts';
import * as branches from './migrations/0003-branches.ts';
import * as compactions from './migrations/0004-compactions.ts';
import * as keysAndLedger from './migrations/0006-keys-and-ledger.ts';
import * as cacheAnswers from './migrations/0007-cache-answers.ts';
import * as workspaces from './migrations/0008-workspaces.ts';
import * as subagentModel from './migrations/0010-subagent-model.ts';
import * as toolOutputs from './migrations/0011-tool-outputs.ts';
import type { Database } from './schema.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';
import { openSqliteFile } from './sqlite-file.ts';

export type Queries = Kysely<Database> | Transaction<Database>;

/** One file a migration, applied in the order of their names, all in one transaction. */
const migrations: Record<string, Migration> = {
  '0001-start': start,
  '0002-fallback-models': fallbackModels,
  '0003-branches': branches,
  '0004-compactions': compactions,
  '0006-keys-and-ledger': keysAndLedger,
  '0007-cache-answers': cacheAnswers,
  '0008-workspaces': workspaces,
  '0010-subagent-model': subagentModel,
  '0011-tool-outputs': toolOutputs,
};

/**
 * Opens the database and brings its tables up to date.
 * @throws when the file is damaged, or was written by a newer Crosspoint
 */
export async function openDatabase(path: string): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect: nodeSqliteDialect(openSqliteFile(path)) });
  try {
    await migrate(db);
    return db;
  } catch (cause) {
    await db.destroy();
    throw cause;
  }
}

async function migrate(db: Kysely<Database>): Promise<void> {
  await refuseNewer(db);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (!error) return;
  throw new Error(`The database could not be brought up to date: ${(error as Error).message}`, {
    cause: error,
  });
}

/** A table that this version does not know may hold what it would break. */
async function refuseNewer(db: Kysely<Database>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return;
  const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = applied.rows.find(({ name }) => !(name in migrations));
  if (unknown)
    throw new Error(
      `The database was written by a newer Crosspoint (migration ${unknown.name}). Update, or use another data directory.`,
    );
}
