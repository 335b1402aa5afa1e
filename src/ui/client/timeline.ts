import type { Message } from '#protocol/message.ts';
import type { ReviewRequest } from '#protocol/review.ts';
import type { RunStatus, ThreadView, ToolCallView } from '#protocol/thread.ts';
import type {
  AnswerEntry,
  Call,
  CompactedNote,
  Entry,
  LostNote,
  MovedNote,
  Note,
  NoteEntry,
  NoticeNote,
  RestoredNote,
  RewoundNote,
  SwitchNote,
  UserEntry,
} from './entries.ts';

/** What a running run is doing. Times are `Date.now()`. */
export interface Activity {
  runId: string;
  model: string;
  startedAt: number;
  lastEventAt: number;
  retry: { attempt: number; afterMs: number; reason: string; model: string } | null;
}

export interface Timeline {
  entries: Entry[];
  review: (ReviewRequest & { runId: string }) | null;
  activity: Activity | null;
  runStatus: RunStatus | null;
  costUsd: number;
  costComplete: boolean;
  contextTokens: number | null;
  lastEventId: number;
  /** The newest run; null in a thread without one. */
  lastRunId: string | null;
}

/** The timeline of a stored thread. Events that follow are applied by `applyEvent`. */
export function timelineOf(view: ThreadView, now = Date.now()): Timeline {
  return {
    entries: entriesOf(view),
    review: view.pendingReview,
    activity: view.activeRunId === null ? null : newActivity(view.activeRunId, modelOf(view), now),
    runStatus: view.runStatus,
    costUsd: view.costUsd,
    costComplete: view.costComplete,
    contextTokens: view.contextTokens,
    lastEventId: view.lastEventId,
    lastRunId: view.activeRunId ?? view.messages.at(-1)?.runId ?? null,
  };
}

export function newActivity(runId: string, model: string, now: number): Activity {
  return { runId, model, startedAt: now, lastEventAt: now, retry: null };
}

function modelOf(view: ThreadView): string {
  return `${view.modelConfig.provider}/${view.modelConfig.model}`;
}

function entriesOf(view: ThreadView): Entry[] {
  const calls = new Map(view.toolCalls.map((call) => [call.toolCallId, callOf(call)]));
  for (const { id, diff } of view.pendingReview?.toolCalls ?? [])
    if (diff) Object.assign(calls.get(id) ?? {}, { diff });
  for (const message of view.messages) addResults(message, calls);
  const placed = view.messages.flatMap((message) => placedMessage(message, calls));
  const notes = view.notes.flatMap(({ eventId, type, data, afterSeq }) => {
    const note = noteOf(type, data);
    return note ? [{ seq: afterSeq, entry: noteEntry(eventId, note) }] : [];
  });
  const forks = view.forks.map(({ afterSeq, branchIds, active }) => {
    return { seq: afterSeq, entry: { kind: 'fork' as const, key: `fork-${afterSeq}`, branchIds, active } };
  });
  // A fork, then a note, comes after the message that it follows; the sort is stable.
  const sorted = [...placed, ...forks, ...notes].sort((left, right) => left.seq - right.seq);
  return switchesWhereTheyApply(sorted.map(({ entry }) => entry));
}

export function noteEntry(eventId: number, note: Note): NoteEntry {
  return { kind: 'note', key: `event-${eventId}`, eventId, note };
}

/** A switch in the middle of a request is recorded before the answer to it, which is still the other model's. */
function switchesWhereTheyApply(entries: Entry[]): Entry[] {
  for (let index = entries.length - 2; index >= 0; index -= 1)
    for (let at = index; isBeforeOldAnswer(entries, at); at += 1)
      entries.splice(at, 2, ...entries.slice(at, at + 2).reverse());
  return entries;
}

function isBeforeOldAnswer(entries: Entry[], index: number): boolean {
  const [entry, next] = entries.slice(index, index + 2);
  if (entry?.kind !== 'note' || entry.note.type !== 'switched' || next?.kind !== 'answer') return false;
  return next.model === entry.note.from && entry.note.by === 'user';
}

function callOf({ hash: _hash, args, ...call }: ToolCallView): Call {
  return { ...call, args: parseArguments(args), output: '' };
}

/** What models read of the calls that ended since the timeline was made: an event tells only that they did. */
export function showResults({ entries }: Timeline, { messages }: Pick<ThreadView, 'messages'>): void {
  const calls = entries.flatMap((entry) => (entry.kind === 'answer' ? entry.calls : []));
  const ended = calls.filter(({ resultText }) => resultText === undefined);
  const byId = new Map(ended.map((call) => [call.toolCallId, call]));
  for (const message of messages) addResults(message, byId);
}

/** Arguments come from a model: anything but a JSON object is shown as it is. */
export function parseArguments(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    return { arguments: text };
  }
  return { arguments: text };
}

function addResults(message: Message, calls: Map<string, Call>): void {
  for (const part of message.parts) {
    const call = part.type === 'tool-result' ? calls.get(part.toolCallId) : undefined;
    if (!call || part.type !== 'tool-result') continue;
    call.resultText = part.text;
    if (part.web) call.web = part.web;
    if (part.subagent) call.subagent = part.subagent;
  }
}

function placedMessage(
  message: ThreadView['messages'][number],
  calls: Map<string, Call>,
): { seq: number; entry: Entry }[] {
  if (message.role === 'tool') return [];
  const entry = message.role === 'user' ? userEntry(message) : answerEntry(message, calls);
  return [{ seq: message.seq, entry }];
}

function userEntry(message: Message): UserEntry {
  const images = message.parts.filter((part) => part.type === 'image');
  return {
    kind: 'user',
    key: message.id,
    messageId: message.id,
    text: textOf(message, 'text'),
    images,
    at: message.createdAt,
  };
}

function answerEntry(message: ThreadView['messages'][number], calls: Map<string, Call>): AnswerEntry {
  const text = textOf(message, 'text');
  const reasoning = textOf(message, 'reasoning');
  return {
    kind: 'answer',
    key: message.id,
    model: authorOf(message),
    text,
    hasText: text.trim() !== '',
    reasoning,
    hasReasoning: reasoning.trim() !== '',
    status: message.status,
    usage: message.usage ?? null,
    calls: message.parts.flatMap((part) => {
      const call = part.type === 'tool-call' ? calls.get(part.toolCallId) : undefined;
      return call ? [call] : [];
    }),
    at: message.createdAt,
  };
}

/** An imported answer need not say who wrote it. */
function authorOf({ provider, model }: Message): string {
  return provider && model ? `${provider}/${model}` : 'unknown model';
}

function textOf(message: Message, type: 'text' | 'reasoning'): string {
  const texts = message.parts.flatMap((part) => (part.type === type ? [part.text] : []));
  return texts.join(type === 'text' ? '' : '\n\n');
}

/** The note that an event leaves in the timeline, or null when it leaves none. */
export function noteOf(type: string, data: object): Note | null {
  if (type === 'model.switched') return { ...(data as Omit<SwitchNote, 'type'>), type: 'switched' };
  if (type === 'notice') {
    const notice = data as Omit<NoticeNote, 'type'>;
    // Said in red at each answer that it is about.
    return notice.code === 'served_model_differs' ? null : { ...notice, type: 'notice' };
  }
  if (type === 'context.compacted') return { ...(data as Omit<CompactedNote, 'type'>), type: 'compacted' };
  if (type === 'workspace.rewound') return { ...(data as Omit<RewoundNote, 'type'>), type: 'rewound' };
  if (type === 'sandbox.restored') return { ...(data as Omit<LostNote, 'type'>), type: 'lost' };
  if (type === 'sandbox.moved') return { ...(data as Omit<MovedNote, 'type'>), type: 'moved' };
  if (type === 'context.restored') return { ...(data as Omit<RestoredNote, 'type'>), type: 'restored' };
  if (type !== 'run.finished') return null;
  const { status, error, code } = data as { status: string; error?: string; code?: string };
  if (status !== 'cancelled' && status !== 'interrupted' && status !== 'error') return null;
  return {
    type: 'ended',
    status,
    ...(error === undefined ? {} : { error }),
    ...(code === undefined ? {} : { code }),
  };
}
