import type { Generated } from 'kysely';

/** The tables as Kysely sees them. Objects are JSON text, truth values 0 and 1, times ISO 8601 text or milliseconds. */
export interface Database {
  threads: {
    id: string;
    user_id: string;
    title: string;
    titled: number;
    model_config: string;
    approval_mode: string;
    budget_usd: number | null;
    sandbox_id: string;
    sandbox_type: string;
    current_file: string | null;
    use_morph: number;
    fallback_models: string;
    pause_on_mismatch: number;
    branch: number;
    auto_compact: number;
    compaction_model: string | null;
    subagent_model: string | null;
    cache_answers: number;
    created_at: string;
    updated_at: string;
  };
  /** Long texts, once for each thread; see texts.ts. */
  texts: { id: Generated<number>; thread_id: string; hash: string; text: string };
  branches: { thread_id: string; id: number; parent_id: number; after_seq: number; created_at: string };
  messages: {
    thread_id: string;
    seq: number;
    branch: number;
    id: string;
    run_id: string;
    role: string;
    parts: string;
    texts: string | null;
    provider: string | null;
    model: string | null;
    wire: string | null;
    status: string;
    created_at: string;
  };
  tool_outputs: { thread_id: string; name: string; text: string };
  compactions: {
    thread_id: string;
    position: number;
    id: string;
    branch: number;
    through_seq: number;
    method: string;
    scope: string;
    by: string;
    written_by: string | null;
    for_model: string | null;
    limits: string | null;
    text: string;
    tokens_before: number;
    tokens_after: number;
    cost_usd: number | null;
    created_at: string;
    removed_at: string | null;
  };
  runs: {
    id: string;
    thread_id: string;
    user_id: string;
    turn_id: string;
    status: string;
    fencing_token: number;
    branch: number;
    message_id: string | null;
    error: string | null;
    code: string | null;
    created_at: string;
    finished_at: string | null;
  };
  tool_calls: {
    thread_id: string;
    tool_call_id: string;
    run_id: string;
    turn_id: string;
    message_id: string;
    position: number;
    name: string;
    args_hash: string;
    needs_review: number;
    /** `{args, diff, change}` */
    proposal: string;
    proposal_texts: string | null;
    state: string;
    decision: string | null;
    status: string | null;
    /** `{resultText, summary}` */
    result: string | null;
    result_texts: string | null;
    exit_code: number | null;
    duration_ms: number | null;
  };
  events: {
    thread_id: string;
    id: number;
    type: string;
    data: string;
    texts: string | null;
    /** 0: an event of its own; 1: a piece of a stream; 2: a row of joined pieces, see event-pieces.ts */
    streamed: number;
    branch: number;
    after_seq: number;
  };
  ledger: {
    row: Generated<number>;
    id: string;
    request_id: string;
    user_id: string;
    thread_id: string | null;
    run_id: string | null;
    message_id: string | null;
    provider: string;
    model: string;
    served_model: string | null;
    timestamp: string;
    input_tokens: number;
    output_tokens: number;
    cache_read_tokens: number;
    cache_write_tokens: number;
    reasoning_tokens: number;
    cost_usd: number | null;
    estimated: number;
    cache: string | null;
    latency_ms: number;
    ttft_ms: number | null;
    attempt: number;
    route: string;
    status: string;
    error_code: string | null;
    http_status: number | null;
    finish_reason: string | null;
    key_id: string | null;
    path: string | null;
    endpoint: string | null;
    end_user: string | null;
    session_id: string | null;
    session_path: string | null;
    session_name: string | null;
    error_detail: string | null;
    saved_usd: number | null;
  };
  /** `row` is the ledger's. */
  ledger_properties: { user_id: string; name: string; value: string; row: number };
  /** Sums over the rows up to `ledger_folded.through_row`; see ledger-fold.ts. */
  ledger_sums: {
    user_id: string;
    dimension: string;
    day: string;
    value: string;
    provider: string;
    model: string;
  } & Record<SumColumn, number>;
  ledger_speeds: {
    user_id: string;
    measure: string;
    day: string;
    provider: string;
    model: string;
    /** See percentiles.ts. */
    buckets: string;
  };
  ledger_folded: { id: number; through_row: number };
  keys: {
    id: string;
    user_id: string;
    name: string;
    hash: string;
    prefix: string;
    last4: string;
    models: string | null;
    limits: string;
    budget: string | null;
    store_bodies: number;
    expires_at: string | null;
    created_at: string;
    last_used_at: string | null;
    revoked_at: string | null;
  };
  settings: { key: string; value: string };
  secrets: { key: string; nonce: string; value: string };
  sessions: { id_hash: string; user_id: string; created_ms: number; last_seen_ms: number };
  login_keys: { hash: string; expires_ms: number };
  idempotency: { user_id: string; key: string; body_hash: string; run_id: string; created_ms: number };
  workspace_steps: {
    thread_id: string;
    position: number;
    tool_call_id: string;
    run_id: string;
    before_commit: string;
    after_commit: string;
    files: string;
    undone_by: string | null;
    created_at: string;
  };
  workspace_rewinds: {
    thread_id: string;
    position: number;
    id: string;
    target: string;
    before_commit: string;
    after_commit: string;
    files: string;
    applied: number;
    undone_by: string | null;
    created_at: string;
  };
  workspace_snapshots: {
    thread_id: string;
    id: number;
    commit: string;
    base_id: number | null;
    bytes: number;
    sha256: string;
    left_out: string;
    why: string;
    created_at: string;
  };
  thread_sandboxes: {
    thread_id: string;
    provider: string;
    ref: string | null;
    generation: number;
    bound_folder: string | null;
    updated_at: string;
  };
}

export type SumColumn =
  | 'requests'
  | 'failed'
  | 'aborted'
  | 'input_tokens'
  | 'output_tokens'
  | 'cache_read_tokens'
  | 'cache_write_tokens'
  | 'reasoning_tokens'
  | 'cost_usd'
  | 'unpriced'
  | 'estimated'
  | 'cache_hits'
  | 'saved_usd'
  | 'streamed_tokens'
  | 'streaming_ms';
