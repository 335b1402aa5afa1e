import { PostgresAdapter, sql, type Kysely } from 'kysely';

/**
 * `bigint`, `double precision` and `smallint` mean the same to SQLite and Postgres; what differs is given in.
 * @param identity a key that the database numbers
 * @param clustered rows stored in the order of their key: half the pages of a log that is read in ranges
 */
const statements = (identity: string, clustered: string) => [
  `create table threads (
    id text primary key, user_id text not null, title text not null, titled smallint not null,
    model_config text not null, approval_mode text not null, budget_usd double precision, sandbox_id text not null,
    sandbox_type text not null, current_file text, use_morph smallint not null,
    created_at text not null, updated_at text not null)`,
  `create index threads_by_user on threads (user_id, updated_at)`,
  `create table texts (
    id ${identity}, thread_id text not null, hash text not null, text text not null)`,
  `create unique index texts_by_hash on texts (thread_id, hash)`,
  `create table messages (
    thread_id text not null, seq integer not null, id text not null unique, run_id text not null, role text not null,
    parts text not null, texts text, provider text, model text, wire text, status text not null, created_at text not null,
    primary key (thread_id, seq))${clustered}`,
  `create table runs (
    id text primary key, thread_id text not null, user_id text not null, turn_id text not null, status text not null,
    fencing_token integer not null, message_id text, error text, code text, created_at text not null, finished_at text,
    unique (thread_id, fencing_token))`,
  `create unique index runs_one_running on runs (thread_id) where status = 'running'`,
  `create index runs_running on runs (status) where status = 'running'`,
  `create table tool_calls (
    thread_id text not null, tool_call_id text not null, run_id text not null, turn_id text not null,
    message_id text not null, position integer not null, name text not null, args_hash text not null,
    needs_review smallint not null, proposal text not null, proposal_texts text, state text not null, decision text,
    status text, result text, result_texts text, exit_code integer, duration_ms bigint,
    primary key (thread_id, tool_call_id))${clustered}`,
  `create index tool_calls_by_turn on tool_calls (thread_id, turn_id)`,
  `create index tool_calls_by_message on tool_calls (thread_id, message_id)`,
  `create index tool_calls_open on tool_calls (thread_id, turn_id, message_id) where state <> 'finished'`,
  `create table events (
    thread_id text not null, id integer not null, type text not null, data text not null, texts text,
    streamed smallint not null, after_seq integer not null,
    primary key (thread_id, id))${clustered}`,
  `create index events_by_type on events (thread_id, type, id) where streamed = 0`,
  `create index events_unjoined on events (thread_id, id) where streamed = 1`,
  `create table ledger (
    "row" ${identity}, id text not null unique, request_id text not null, user_id text not null, thread_id text,
    run_id text, message_id text, provider text not null, model text not null, served_model text, timestamp text not null,
    input_tokens bigint not null, output_tokens bigint not null, cache_read_tokens bigint not null,
    cache_write_tokens bigint not null, reasoning_tokens bigint not null, cost_usd double precision,
    estimated smallint not null, cache text, latency_ms bigint not null, ttft_ms bigint, attempt integer not null,
    route text not null, status text not null, error_code text, http_status integer, finish_reason text)`,
  `create index ledger_cost on ledger (thread_id, cost_usd, status, input_tokens, output_tokens)`,
  `create index ledger_by_thread on ledger (thread_id, "row")`,
  `create index ledger_by_user on ledger (user_id, timestamp)`,
  `create index ledger_by_run on ledger (run_id)`,
  `create index ledger_reserved on ledger (status) where status = 'reserved'`,
  `create table settings (key text primary key, value text not null)`,
  `create table secrets (key text primary key, nonce text not null, value text not null)`,
  `create table sessions (
    id_hash text primary key, user_id text not null, created_ms bigint not null, last_seen_ms bigint not null)`,
  `create table login_keys (hash text primary key, expires_ms bigint not null)`,
  `create table idempotency (
    user_id text not null, key text not null, body_hash text not null, run_id text not null, created_ms bigint not null,
    primary key (user_id, key))`,
  `create index idempotency_by_age on idempotency (created_ms)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const identity = postgres ? 'bigint generated always as identity primary key' : 'integer primary key';
  for (const statement of statements(identity, postgres ? '' : ' without rowid')) {
    await sql.raw(statement).execute(db);
  }
}
