import { sql, type Kysely } from 'kysely';

/** What takes over when a thread's model fails, and whether a run ends when another model served: nothing and no, as before. */
const statements = [
  `alter table threads add column fallback_models text not null default '[]'`,
  `alter table threads add column pause_on_mismatch smallint not null default 0`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
