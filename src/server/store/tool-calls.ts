import { sql, type Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { ToolCallRow, ToolCallStore } from './store.ts';
import { packTexts, unpackTexts, type Packed } from './texts.ts';

type Row = Selectable<Database['tool_calls']>;

/** The states are a one-way street; every step is a compare-and-swap, so two askers can never both win. */
export function toolCallStore(db: Queries): ToolCallStore {
  const moveOn = (threadId: string, toolCallId: string, from: string) =>
    db
      .updateTable('tool_calls')
      .where('thread_id', '=', threadId)
      .where('tool_call_id', '=', toolCallId)
      .where('state', '=', from);
  const ofThread = (threadId: string) =>
    db.selectFrom('tool_calls').selectAll().where('thread_id', '=', threadId);
  return {
    async propose(rows) {
      for (const row of rows) {
        const { args, diff, change } = row;
        const proposal = await packTexts(db, row.threadId, { args, diff, ...(change ? { change } : {}) });
        await db.insertInto('tool_calls').values(toColumns(row, proposal)).execute();
      }
    },
    async decide(threadId, toolCallId, decision) {
      const change = { state: 'decided', decision: JSON.stringify(decision) };
      const result = await moveOn(threadId, toolCallId, 'proposed').set(change).executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async start(threadId, toolCallId, argsHash) {
      const row = await ofThread(threadId).where('tool_call_id', '=', toolCallId).executeTakeFirst();
      const decision = row && decisionOf(row);
      const allowed =
        decision && ['approved', 'edit'].includes(decision.action) && decision.argsHash === argsHash;
      if (!allowed) throw new Error(`The call ${toolCallId} was not approved with these arguments.`);
      const change = { state: 'started' };
      const result = await moveOn(threadId, toolCallId, 'decided').set(change).executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async finish(threadId, toolCallId, { resultText, summary, status, exitCode, durationMs }) {
      const { data, texts } = await packTexts(db, threadId, { resultText, summary });
      await db
        .updateTable('tool_calls')
        .set({ state: 'finished', status, result: data, result_texts: texts })
        .set({ exit_code: exitCode ?? null, duration_ms: Math.round(durationMs) })
        .where('thread_id', '=', threadId)
        .where('tool_call_id', '=', toolCallId)
        .execute();
    },
    async get(threadId, toolCallId) {
      const row = await ofThread(threadId).where('tool_call_id', '=', toolCallId).executeTakeFirst();
      const [call] = row ? await fromColumns(db, [row]) : [];
      return call ?? null;
    },
    ids: (threadId) => idsOf(db, threadId),
    async list(threadId, filter = {}) {
      let query = ofThread(threadId);
      if (filter.turnId) query = query.where('turn_id', '=', filter.turnId);
      if (filter.messageId) query = query.where('message_id', '=', filter.messageId);
      // As it stands in the index, or the index would not be used.
      if (filter.open) query = query.where(sql<boolean>`state <> 'finished'`);
      return fromColumns(db, await query.orderBy('message_id').orderBy('position').execute());
    },
  };
}

async function idsOf(db: Queries, threadId: string): Promise<string[]> {
  const ofThread = db.selectFrom('tool_calls').where('thread_id', '=', threadId);
  return (await ofThread.select('tool_call_id').execute()).map((row) => row.tool_call_id);
}

type Proposed = Parameters<ToolCallStore['propose']>[0][number];

function toColumns(row: Proposed, { data, texts }: Packed): Database['tool_calls'] {
  return {
    thread_id: row.threadId,
    tool_call_id: row.toolCallId,
    run_id: row.runId,
    turn_id: row.turnId,
    message_id: row.messageId,
    position: row.position,
    name: row.name,
    args_hash: row.argsHash,
    needs_review: Number(row.needsReview),
    proposal: data,
    proposal_texts: texts,
    state: 'proposed',
    decision: null,
    status: null,
    result: null,
    result_texts: null,
    exit_code: null,
    duration_ms: null,
  };
}

async function fromColumns(db: Queries, rows: readonly Row[]): Promise<ToolCallRow[]> {
  const proposals = rows.map((row): Packed => ({ data: row.proposal, texts: row.proposal_texts }));
  const results = rows.map((row): Packed => ({ data: row.result ?? 'null', texts: row.result_texts }));
  const values = await unpackTexts(db, [...proposals, ...results]);
  return rows.map((row, index) => {
    const { args, diff, change = null } = values[index] as Pick<ToolCallRow, 'args' | 'diff' | 'change'>;
    const result = values[rows.length + index] as { resultText: string; summary: string } | null;
    return {
      toolCallId: row.tool_call_id,
      threadId: row.thread_id,
      runId: row.run_id,
      turnId: row.turn_id,
      messageId: row.message_id,
      position: row.position,
      name: row.name,
      args,
      argsHash: row.args_hash,
      diff,
      change,
      needsReview: row.needs_review === 1,
      state: row.state as ToolCallRow['state'],
      decision: decisionOf(row),
      status: row.status as ToolCallRow['status'],
      resultText: result?.resultText ?? null,
      summary: result?.summary ?? null,
      exitCode: row.exit_code,
      durationMs: row.duration_ms,
    };
  });
}

function decisionOf({ decision }: Pick<Row, 'decision'>): ToolCallRow['decision'] {
  return decision === null ? null : (JSON.parse(decision) as ToolCallRow['decision']);
}
