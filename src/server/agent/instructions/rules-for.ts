import { CrosspointError } from '#protocol/errors.ts';
import type { FolderRules } from '#protocol/message.ts';
import { newestOn } from '../handoff/compaction.ts';
import type { AgentSetup } from '../parts.ts';
import type { ToolOutcome } from '../tools/tool.ts';
import type { Turn } from '../turn.ts';

/** The rules of the folders that a call worked in first. What it did stands, also where they cannot be read. */
export async function rulesFor(
  setup: AgentSetup,
  turn: Turn,
  { status, currentFile }: ToolOutcome,
): Promise<FolderRules[]> {
  if (currentFile === undefined || status !== 'ok') return [];
  const { transcript, compactions, folderRules } = turn.memory;
  const throughSeq = newestOn(transcript, compactions)?.throughSeq ?? -1;
  try {
    return await folderRules.of(await turn.sandbox(), {
      runId: turn.run.id,
      path: currentFile,
      shown: () => transcript.filter(({ seq }) => seq > throughSeq),
    });
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    setup.logger.warn({ threadId: turn.threadId, cause }, 'the rules of a folder could not be read');
    return [];
  }
}
