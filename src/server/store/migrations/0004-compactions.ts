import { PostgresAdapter, sql, type Kysely } from 'kysely';

/**
 * Shorter forms of the beginning of a conversation, and what a thread does by itself when its conversation does not fit.
 * A row is only ever added; `removed_at` says since when it counts no more.
 * @param clustered as in the first migration
 */
const statements = (clustered: string) => [
  `create table compactions (
    thread_id text not null, position integer not null, id text not null unique, branch integer not null,
    through_seq integer not null, method text not null, scope text not null, "by" text not null, written_by text,
    for_model text, limits text, text text not null, tokens_before bigint not null, tokens_after bigint not null,
    cost_usd double precision, created_at text not null, removed_at text,
    primary key (thread_id, position))${clustered}`,
  `alter table threads add column auto_compact smallint not null default 1`,
  `alter table threads add column compaction_model text`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  for (const statement of statements(postgres ? '' : ' without rowid')) await sql.raw(statement).execute(db);
}
