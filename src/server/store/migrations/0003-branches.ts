import { PostgresAdapter, sql, type Kysely } from 'kysely';

/**
 * A thread can answer again from any message. What was written before is all on branch 0, which is in no table: it has no
 * parent and begins with the thread.
 * @param clustered as in the first migration
 */
const statements = (clustered: string) => [
  `create table branches (
    thread_id text not null, id integer not null, parent_id integer not null, after_seq integer not null,
    created_at text not null, primary key (thread_id, id))${clustered}`,
  `alter table threads add column branch integer not null default 0`,
  `alter table messages add column branch integer not null default 0`,
  `alter table runs add column branch integer not null default 0`,
  `alter table events add column branch integer not null default 0`,
  `create index messages_by_branch on messages (thread_id, branch, seq)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  for (const statement of statements(postgres ? '' : ' without rowid')) await sql.raw(statement).execute(db);
}
