import { PostgresAdapter, sql, type Kysely } from 'kysely';

/**
 * What calls gave beyond what a model reads at once: its messages hold the beginning and the end.
 * @param clustered as in the first migration
 */
const statement = (clustered: string) => `create table tool_outputs (
    thread_id text not null, name text not null, text text not null, primary key (thread_id, name))${clustered}`;

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await sql.raw(statement(postgres ? '' : ' without rowid')).execute(db);
}
