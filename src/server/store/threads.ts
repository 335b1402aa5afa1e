import type { ModelConfig } from '#protocol/model.ts';
import type { Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { ThreadRow, ThreadRowChange, ThreadStore } from './store.ts';

/** Tables whose rows go with their thread. */
const ofThread = [
  'branches',
  'messages',
  'runs',
  'tool_calls',
  'events',
  'texts',
  'compactions',
  'tool_outputs',
  'workspace_steps',
  'workspace_rewinds',
] as const;

export function threadStore(db: Queries): ThreadStore {
  return {
    async create(row) {
      await db.insertInto('threads').values(toColumns(row)).execute();
    },
    async get(userId, id) {
      const row = await db
        .selectFrom('threads')
        .selectAll()
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return row ? fromColumns(row) : null;
    },
    async list(userId, options = {}) {
      const query = db
        .selectFrom('threads')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('updated_at', 'desc');
      const rows = await query.limit(options.limit ?? 500).execute();
      return rows.map(fromColumns);
    },
    async ofSandbox(sandboxId) {
      const rows = db.selectFrom('threads').select('id').where('sandbox_id', '=', sandboxId);
      return (await rows.orderBy('created_at').execute()).map(({ id }) => id);
    },
    async update(userId, id, change) {
      const columns = changedColumns(change);
      if (Object.keys(columns).length === 0) return;
      await db
        .updateTable('threads')
        .set(columns)
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .execute();
    },
    async delete(userId, id) {
      const result = await db
        .deleteFrom('threads')
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      if (result.numDeletedRows === 0n) return false;
      for (const table of ofThread) await db.deleteFrom(table).where('thread_id', '=', id).execute();
      return true;
    },
  };
}

function toColumns(row: ThreadRow): Database['threads'] {
  const { id, userId, createdAt, ...rest } = row;
  return {
    id,
    user_id: userId,
    created_at: createdAt,
    ...(changedColumns(rest) as Omit<Database['threads'], 'id' | 'user_id' | 'created_at'>),
  };
}

function changedColumns(change: ThreadRowChange): Updateable<Database['threads']> {
  const columns: Updateable<Database['threads']> = {
    title: change.title,
    titled: change.titled === undefined ? undefined : Number(change.titled),
    model_config: change.modelConfig && JSON.stringify(change.modelConfig),
    approval_mode: change.approvalMode,
    budget_usd: change.budgetUsd,
    sandbox_id: change.sandboxId,
    sandbox_type: change.sandboxType,
    current_file: change.currentFile,
    use_morph: change.useMorph === undefined ? undefined : Number(change.useMorph),
    fallback_models: change.fallbackModels && JSON.stringify(change.fallbackModels),
    pause_on_mismatch: change.pauseOnMismatch === undefined ? undefined : Number(change.pauseOnMismatch),
    auto_compact: change.autoCompact === undefined ? undefined : Number(change.autoCompact),
    compaction_model: change.compactionModel && JSON.stringify(change.compactionModel),
    subagent_model: change.subagentModel && JSON.stringify(change.subagentModel),
    cache_answers: change.cacheAnswers === undefined ? undefined : Number(change.cacheAnswers),
    branch: change.branch,
    updated_at: change.updatedAt,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function fromColumns(row: Selectable<Database['threads']>): ThreadRow {
  return {
    id: row.id,
    userId: row.user_id,
    title: row.title,
    titled: row.titled === 1,
    modelConfig: JSON.parse(row.model_config) as ThreadRow['modelConfig'],
    approvalMode: row.approval_mode as ThreadRow['approvalMode'],
    budgetUsd: row.budget_usd,
    sandboxId: row.sandbox_id,
    sandboxType: row.sandbox_type as ThreadRow['sandboxType'],
    currentFile: row.current_file,
    useMorph: row.use_morph === 1,
    fallbackModels: JSON.parse(row.fallback_models) as ThreadRow['fallbackModels'],
    pauseOnMismatch: row.pause_on_mismatch === 1,
    autoCompact: row.auto_compact === 1,
    compactionModel: modelOrNull(row.compaction_model),
    subagentModel: modelOrNull(row.subagent_model),
    cacheAnswers: row.cache_answers === 1,
    branch: row.branch,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function modelOrNull(text: string | null): ModelConfig | null {
  return text === null ? null : (JSON.parse(text) as ModelConfig);
}
