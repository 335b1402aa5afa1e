import { sql, type Kysely } from 'kysely';

/** Whether a thread may be answered from the response cache: no, unless a person says so. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table threads add column cache_answers smallint not null default 0').execute(db);
}
