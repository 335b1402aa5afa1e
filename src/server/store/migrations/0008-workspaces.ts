import { PostgresAdapter, sql, type Kysely } from 'kysely';

/**
 * What happened to the files of a thread: its steps and rewinds, which share one order (`position`), the snapshots that are
 * kept outside of its sandbox, and where that sandbox is.
 * @param clustered as in the first migration
 */
const statements = (clustered: string) => [
  `create table workspace_steps (
    thread_id text not null, position integer not null, tool_call_id text not null, run_id text not null,
    before_commit text not null, after_commit text not null, files text not null, undone_by text, created_at text not null,
    primary key (thread_id, position), unique (thread_id, tool_call_id))${clustered}`,
  `create table workspace_rewinds (
    thread_id text not null, position integer not null, id text not null, target text not null,
    before_commit text not null, after_commit text not null, files text not null, applied smallint not null,
    undone_by text, created_at text not null,
    primary key (thread_id, position), unique (thread_id, id))${clustered}`,
  `create table workspace_snapshots (
    thread_id text not null, id integer not null, "commit" text not null, base_id integer, bytes bigint not null,
    sha256 text not null, left_out text not null, why text not null, created_at text not null,
    primary key (thread_id, id))${clustered}`,
  `create table thread_sandboxes (
    thread_id text primary key, provider text not null, ref text, generation integer not null, bound_folder text,
    updated_at text not null)${clustered}`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  for (const statement of statements(postgres ? '' : ' without rowid')) await sql.raw(statement).execute(db);
}
