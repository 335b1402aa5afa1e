import { sql, type Kysely } from 'kysely';

const statements = [
  `create table threads (
    id text primary key, user_id text not null, title text not null, titled integer not null,
    model_config text not null, approval_mode text not null, budget_usd real, sandbox_id text not null,
    sandbox_type text not null, current_file text, use_morph integer not null,
    created_at text not null, updated_at text not null)`,
  `create index threads_by_user on threads (user_id, updated_at)`,
  `create table messages (
    thread_id text not null, seq integer not null, id text not null unique, run_id text not null, role text not null,
    parts text not null, provider text, model text, wire text, status text not null, created_at text not null,
    primary key (thread_id, seq))`,
  `create table runs (
    id text primary key, thread_id text not null, user_id text not null, turn_id text not null, status text not null,
    fencing_token integer not null, message_id text, error text, code text, created_at text not null, finished_at text,
    unique (thread_id, fencing_token))`,
  `create unique index runs_one_running on runs (thread_id) where status = 'running'`,
  `create index runs_running on runs (status) where status = 'running'`,
  `create table tool_calls (
    thread_id text not null, tool_call_id text not null, run_id text not null, turn_id text not null,
    message_id text not null, position integer not null, name text not null, args text not null, args_hash text not null,
    diff text, needs_review integer not null, state text not null, decision text, status text, result_text text,
    summary text, exit_code integer, duration_ms integer,
    primary key (thread_id, tool_call_id))`,
  `create index tool_calls_by_turn on tool_calls (turn_id)`,
  `create index tool_calls_open on tool_calls (thread_id) where state <> 'finished'`,
  `create table events (
    thread_id text not null, id integer not null, type text not null, data text not null, after_seq integer not null,
    primary key (thread_id, id))`,
  `create index events_notes on events (thread_id, type) where type in ('model.switched', 'notice', 'run.finished')`,
  `create table ledger (
    "row" integer primary key, id text not null unique, request_id text not null, user_id text not null, thread_id text,
    run_id text, message_id text, provider text not null, model text not null, served_model text, timestamp text not null,
    input_tokens integer not null, output_tokens integer not null, cache_read_tokens integer not null,
    cache_write_tokens integer not null, reasoning_tokens integer not null, cost_usd real, estimated integer not null,
    cache text, latency_ms integer not null, ttft_ms integer, attempt integer not null, route text not null,
    status text not null, error_code text, http_status integer, finish_reason text)`,
  `create index ledger_by_thread on ledger (thread_id)`,
  `create index ledger_by_user on ledger (user_id, timestamp)`,
  `create table settings (key text primary key, value text not null)`,
  `create table secrets (key text primary key, nonce text not null, value text not null)`,
  `create table sessions (
    id_hash text primary key, user_id text not null, created_ms integer not null, last_seen_ms integer not null)`,
  `create table login_keys (hash text primary key, expires_ms integer not null)`,
  `create table idempotency (
    user_id text not null, key text not null, body_hash text not null, run_id text not null, created_ms integer not null,
    primary key (user_id, key))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
