import type { NewEvent } from '#protocol/events.ts';
import type { FolderRules, ImagePart, Message, SeenFile, ToolResultStatus } from '#protocol/message.ts';
import type { SubagentRun } from '#protocol/subagent.ts';
import type { WebProvenance } from '#protocol/web.ts';
import type { StoreTables, ToolCallRow } from '#server/store/store.ts';
import { newId } from './ids.ts';

/** How one call ended, whatever the way: it ran, a person said no, or it was lost. */
export interface CallResult {
  call: Pick<ToolCallRow, 'toolCallId' | 'name' | 'threadId'>;
  runId: string;
  status: ToolResultStatus;
  /** What the model reads. */
  text: string;
  /** One line for a person. */
  summary: string;
  exitCode?: number;
  durationMs?: number;
  images?: ImagePart[];
  file?: SeenFile;
  rules?: FolderRules[];
  web?: WebProvenance;
  subagent?: SubagentRun;
}

/** Writes the end of a call and its one result row, inside the caller's transaction. Gives the row's id. */
export async function writeResult(store: StoreTables, result: CallResult): Promise<string> {
  const { call, status, text, summary } = result;
  await store.toolCalls.finish(call.threadId, call.toolCallId, {
    status,
    resultText: text,
    summary,
    durationMs: result.durationMs ?? 0,
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
  });
  const row = await store.messages.append(resultMessage(result));
  return row.id;
}

export function finishedEvent({
  call,
  status,
  summary,
  exitCode,
  durationMs = 0,
  web,
  subagent,
}: CallResult): NewEvent {
  return {
    type: 'tool.finished',
    data: {
      toolCallId: call.toolCallId,
      status,
      summary,
      durationMs: Math.round(durationMs),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(web ? { web } : {}),
      ...(subagent ? { subagent } : {}),
    },
  };
}

function resultMessage({
  call,
  runId,
  status,
  text,
  images,
  file,
  rules,
  web,
  subagent,
}: CallResult): Omit<Message, 'seq'> {
  return {
    id: newId('message'),
    threadId: call.threadId,
    runId,
    role: 'tool',
    parts: [
      {
        type: 'tool-result',
        toolCallId: call.toolCallId,
        name: call.name,
        status,
        text,
        ...(images?.length ? { images } : {}),
        ...(file ? { file } : {}),
        ...(rules?.length ? { rules } : {}),
        ...(web ? { web } : {}),
        ...(subagent ? { subagent } : {}),
      },
    ],
    status: 'complete',
    createdAt: new Date().toISOString(),
  };
}

/** Why a turn ends with calls that have no result. */
export type Ending = 'cancelled' | 'paused' | 'interrupted' | 'error';

/** The results of calls that nobody will run any more: no history may dangle (I4). */
export function closingResults(open: readonly ToolCallRow[], runId: string, ending: Ending): CallResult[] {
  return open.map((call) => ({ call, runId, ...closingText(call, ending) }));
}

function closingText(call: ToolCallRow, ending: Ending): Pick<CallResult, 'status' | 'text' | 'summary'> {
  if (call.state === 'started')
    return {
      status: 'outcome_unknown',
      text: 'This call had started when the server stopped. Nobody knows whether or how far it took effect. Check before you make it again.',
      summary: 'Started; nobody knows how it ended',
    };
  if (ending === 'cancelled')
    return {
      status: 'not_run',
      text: 'The person stopped the run before this call. It had no effect.',
      summary: 'Not run: stopped',
    };
  if (ending === 'paused')
    return {
      status: 'not_run',
      text: 'The run paused before this call, because another model than the one that was asked made it. It had no effect; make it again if it is still needed.',
      summary: 'Not run: another model served',
    };
  return {
    status: 'interrupted',
    text: 'The run was interrupted before this call. It had no effect; make it again if it is still needed.',
    summary: 'Not run: interrupted',
  };
}
