import type { Message, ToolResultPart } from '#protocol/message.ts';
import type { ThreadRow } from '#server/store/store.ts';
import type { AgentSetup } from './parts.ts';
import type { AgentUpdate } from './state.ts';
import type { Turn } from './turn.ts';

const usageEntries = 20;
const tailMessages = 40;

/** The state that a turn begins with: everything in it comes from the record, so a lost checkpoint loses nothing. */
export async function initialState(setup: AgentSetup, turn: Turn, thread: ThreadRow): Promise<AgentUpdate> {
  const transcript = await turn.memory.refresh(setup.store);
  const history = await setup.store.ledger.list(thread.userId, { threadId: thread.id, limit: usageEntries });
  const turnStart = transcript.findLastIndex((message) => message.role === 'user');
  return {
    messages: transcript.slice(Math.max(0, turnStart)).map((message) => message.id),
    modelConfig: thread.modelConfig,
    currentFile: thread.currentFile,
    fileContent: openFileOf(transcript, thread.currentFile),
    sandboxId: thread.sandboxId,
    sandboxType: thread.sandboxType,
    codeContext: [],
    awaitingHumanInput: false,
    useMorph: thread.useMorph,
    terminalOutput: terminalOutput(setup, thread.id, transcript.slice(-tailMessages)),
    modelUsageHistory: history.map(usageOf),
  };
}

function terminalOutput(setup: AgentSetup, threadId: string, messages: readonly Message[]): string[] {
  return messages
    .flatMap((message) => message.parts)
    .filter((part): part is ToolResultPart => part.type === 'tool-result')
    .filter((part) => setup.tools.get(threadId, part.name)?.kind === 'command')
    .map((part) => part.text);
}

/** The content that a person's open file had when it last came with one of the newest messages. */
export function openFileOf(transcript: readonly Message[], currentFile: string | null): string | null {
  if (currentFile === null) return null;
  for (const message of transcript.slice(-tailMessages).reverse())
    for (const part of message.parts)
      if (part.type === 'file' && part.name.startsWith(`${currentFile} (`))
        return Buffer.from(part.data, 'base64').toString();
  return null;
}

/** A ledger row as the API shows it. */
export function usageOf(row: Awaited<ReturnType<AgentSetup['store']['ledger']['list']>>[number]) {
  return {
    provider: row.provider,
    model: row.model,
    ...(row.servedModel === undefined ? {} : { servedModel: row.servedModel }),
    timestamp: row.timestamp,
    inputTokens: row.inputTokens,
    outputTokens: row.outputTokens,
    cacheReadTokens: row.cacheReadTokens,
    cacheWriteTokens: row.cacheWriteTokens,
    reasoningTokens: row.reasoningTokens,
    costUsd: row.costUsd,
    estimated: row.estimated,
    cache: row.cache,
    latencyMs: row.latencyMs,
    ttftMs: row.ttftMs,
    attempt: row.attempt,
    route: row.route,
  };
}
