import type { CompactionView } from '#protocol/compaction.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { contextFor } from './context.ts';
import { shownCompaction } from './draft-compaction.ts';
import { newestOn } from './handoff/compaction.ts';
import type { AgentSetup } from './parts.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** The newest shorter form that is about the active branch, and whether the thread's model gets it. */
export async function viewCompaction(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
): Promise<CompactionView | null> {
  const transcript = await memory.refresh(setup.store);
  const newest = newestOn(transcript, memory.compactions);
  if (!newest) return null;
  await setup.tokens.load();
  const { compaction } = contextFor(setup, thread, memory, thread.modelConfig);
  return { ...shownCompaction(newest), inUse: compaction?.id === newest.id };
}

/** What the conversation takes of the window: as the last answer reported it, unless it was shortened since. */
export function contextTokens(
  usage: UsageEntry | undefined,
  compaction: CompactionView | null,
): number | null {
  if (!usage) return null;
  if (compaction?.inUse && compaction.createdAt > usage.timestamp) return compaction.tokensAfter;
  return usage.inputTokens + usage.outputTokens;
}
