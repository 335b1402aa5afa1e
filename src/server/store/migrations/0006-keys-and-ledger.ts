import { PostgresAdapter, sql, type Kysely } from 'kysely';

/**
 * Minted keys; who each attempt was for; and sums over the ledger, so that a report need not read a million rows.
 * `ledger_sums` and `ledger_speeds` cover the rows up to `ledger_folded.through_row` and can be made anew from them.
 * @param clustered as in the first migration
 */
const statements = (clustered: string) => [
  `create table keys (
    id text primary key, user_id text not null, name text not null, hash text not null unique, prefix text not null,
    last4 text not null, models text, limits text not null, budget text, store_bodies smallint not null,
    expires_at text, created_at text not null, last_used_at text, revoked_at text)`,
  `create index keys_by_user on keys (user_id, created_at)`,
  ...[
    'key_id',
    'path',
    'endpoint',
    'end_user',
    'session_id',
    'session_path',
    'session_name',
    'error_detail',
  ].map((column) => `alter table ledger add column ${column} text`),
  `alter table ledger add column saved_usd double precision`,
  // Nearly all rows are of one user: the index was chosen where others find what is wanted.
  `drop index ledger_by_user`,
  `create index ledger_by_request on ledger (request_id, "row")`,
  `create index ledger_by_model on ledger (provider, model, "row")`,
  `create index ledger_by_key on ledger (key_id, "row") where key_id is not null`,
  `create index ledger_by_end_user on ledger (end_user, "row") where end_user is not null`,
  `create index ledger_by_session on ledger (session_id, "row") where session_id is not null`,
  `create index ledger_failed on ledger ("row") where status = 'failed'`,
  `create table ledger_properties (
    user_id text not null, name text not null, value text not null, "row" bigint not null,
    primary key (user_id, name, value, "row"))${clustered}`,
  `create index ledger_properties_by_row on ledger_properties ("row")`,
  `create table ledger_sums (
    user_id text not null, dimension text not null, day text not null, value text not null, provider text not null,
    model text not null, requests bigint not null, failed bigint not null, aborted bigint not null,
    input_tokens bigint not null, output_tokens bigint not null, cache_read_tokens bigint not null,
    cache_write_tokens bigint not null, reasoning_tokens bigint not null, cost_usd double precision not null,
    unpriced bigint not null, estimated bigint not null, cache_hits bigint not null, saved_usd double precision not null,
    streamed_tokens bigint not null, streaming_ms bigint not null,
    primary key (user_id, dimension, day, value, provider, model))${clustered}`,
  `create table ledger_speeds (
    user_id text not null, measure text not null, day text not null, provider text not null, model text not null,
    buckets text not null,
    primary key (user_id, measure, day, provider, model))${clustered}`,
  `create table ledger_folded (id smallint primary key, through_row bigint not null)`,
  `insert into ledger_folded (id, through_row) values (1, 0)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  for (const statement of statements(postgres ? '' : ' without rowid')) await sql.raw(statement).execute(db);
}
