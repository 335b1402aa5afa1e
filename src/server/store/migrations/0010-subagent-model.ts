import { sql, type Kysely } from 'kysely';

/** Which model the subagents of a thread ask; null: whichever the default is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table threads add column subagent_model text').execute(db);
}
