import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { ToolCallRow, ToolCallStore } from './store.ts';

/** The states are a one-way street; every step is a compare-and-swap, so two askers can never both win. */
export function toolCallStore(db: Queries): ToolCallStore {
  const find = (threadId: string, toolCallId: string) =>
    db
      .selectFrom('tool_calls')
      .selectAll()
      .where('thread_id', '=', threadId)
      .where('tool_call_id', '=', toolCallId)
      .executeTakeFirst();
  const moveOn = (threadId: string, toolCallId: string, from: string) =>
    db
      .updateTable('tool_calls')
      .where('thread_id', '=', threadId)
      .where('tool_call_id', '=', toolCallId)
      .where('state', '=', from);
  return {
    async propose(rows) {
      if (rows.length) await db.insertInto('tool_calls').values(rows.map(toColumns)).execute();
    },
    async decide(threadId, toolCallId, decision) {
      const change = { state: 'decided', decision: JSON.stringify(decision) };
      const result = await moveOn(threadId, toolCallId, 'proposed').set(change).executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async start(threadId, toolCallId, argsHash) {
      const row = await find(threadId, toolCallId);
      const decision = row?.decision ? (JSON.parse(row.decision) as ToolCallRow['decision']) : null;
      const allowed =
        decision && ['approved', 'edit'].includes(decision.action) && decision.argsHash === argsHash;
      if (!allowed) throw new Error(`The call ${toolCallId} was not approved with these arguments.`);
      const result = await moveOn(threadId, toolCallId, 'decided')
        .set({ state: 'started' })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async finish(threadId, toolCallId, result) {
      await db
        .updateTable('tool_calls')
        .set({
          state: 'finished',
          status: result.status,
          // The text stands once, in the result message; here only what the timeline needs.
          result_text: null,
          summary: result.summary,
          exit_code: result.exitCode ?? null,
          duration_ms: Math.round(result.durationMs),
        })
        .where('thread_id', '=', threadId)
        .where('tool_call_id', '=', toolCallId)
        .execute();
    },
    async get(threadId, toolCallId) {
      const row = await find(threadId, toolCallId);
      return row ? fromColumns(row) : null;
    },
    async list(threadId, filter = {}) {
      let query = db.selectFrom('tool_calls').selectAll().where('thread_id', '=', threadId);
      if (filter.turnId) query = query.where('turn_id', '=', filter.turnId);
      if (filter.messageId) query = query.where('message_id', '=', filter.messageId);
      if (filter.open) query = query.where('state', '<>', 'finished');
      const rows = await query.orderBy('message_id').orderBy('position').execute();
      return rows.map(fromColumns);
    },
  };
}

function toColumns(row: Parameters<ToolCallStore['propose']>[0][number]): Database['tool_calls'] {
  return {
    thread_id: row.threadId,
    tool_call_id: row.toolCallId,
    run_id: row.runId,
    turn_id: row.turnId,
    message_id: row.messageId,
    position: row.position,
    name: row.name,
    args: row.args,
    args_hash: row.argsHash,
    diff: row.diff && JSON.stringify(row.diff),
    needs_review: Number(row.needsReview),
    state: 'proposed',
    decision: null,
    status: null,
    result_text: null,
    summary: null,
    exit_code: null,
    duration_ms: null,
  };
}

function fromColumns(row: Selectable<Database['tool_calls']>): ToolCallRow {
  return {
    toolCallId: row.tool_call_id,
    threadId: row.thread_id,
    runId: row.run_id,
    turnId: row.turn_id,
    messageId: row.message_id,
    position: row.position,
    name: row.name,
    args: row.args,
    argsHash: row.args_hash,
    diff: row.diff ? (JSON.parse(row.diff) as ToolCallRow['diff']) : null,
    needsReview: row.needs_review === 1,
    state: row.state as ToolCallRow['state'],
    decision: row.decision ? (JSON.parse(row.decision) as ToolCallRow['decision']) : null,
    status: row.status as ToolCallRow['status'],
    resultText: row.result_text,
    summary: row.summary,
    exitCode: row.exit_code,
    durationMs: row.duration_ms,
  };
}
