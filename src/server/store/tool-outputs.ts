import type { Queries } from './database.ts';

/** What calls gave in full, where that is more than a model reads at once. Goes with its thread. */
export interface ToolOutputStore {
  /** Once; the same again changes nothing. */
  keep(threadId: string, name: string, text: string): Promise<void>;
  get(threadId: string, name: string): Promise<string | null>;
}

export function toolOutputStore(db: Queries): ToolOutputStore {
  return {
    async keep(threadId, name, text) {
      // A database's text holds neither a NUL nor half a surrogate pair.
      const kept = text.replaceAll('\0', '\u{fffd}').toWellFormed();
      await db
        .insertInto('tool_outputs')
        .values({ thread_id: threadId, name, text: kept })
        .onConflict((conflict) => conflict.columns(['thread_id', 'name']).doNothing())
        .execute();
    },
    async get(threadId, name) {
      const row = await db
        .selectFrom('tool_outputs')
        .select('text')
        .where('thread_id', '=', threadId)
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.text ?? null;
    },
  };
}
