import type { EventData, ThreadEvent } from '#protocol/events.ts';
import type { AnswerEntry, Call, Entry } from './entries.ts';
import { newActivity, noteEntry, noteOf, type Timeline } from './timeline.ts';

/** Characters of live output that a call keeps; the whole is in the record. */
const keptOutput = 60_000;

/** `load_again`: what is shown is not what is: a message from elsewhere began a run, or another answer is shown now. */
export type Applied = 'applied' | 'load_again';

/**
 * Applies one event. Applying an event again, or one whose effect was already loaded, changes nothing:
 * the server sends some events twice rather than one never (`ThreadView.lastEventId`).
 */
export function applyEvent(timeline: Timeline, event: ThreadEvent, now = Date.now()): Applied {
  const isNew = event.id > timeline.lastEventId;
  if (isNew) timeline.lastEventId = event.id;
  if (timeline.activity) timeline.activity.lastEventAt = now;
  switch (event.type) {
    case 'run.started':
      return startRun(timeline, event.data, isNew, now);
    case 'model.started':
      startModel(timeline, event.data);
      break;
    case 'message.delta':
    case 'reasoning.delta':
      addText(timeline, event, now);
      break;
    case 'tool.proposed':
      addCall(timeline, event.data, event.id, now);
      break;
    case 'review.requested':
      if (isNew) requestReview(timeline, event.data);
      break;
    case 'review.decided':
      decideReview(timeline, event.data, isNew);
      break;
    case 'tool.started':
    case 'tool.output':
    case 'tool.finished':
      advanceCall(timeline, event);
      break;
    case 'workspace.changed':
      showFiles(timeline, event.data);
      break;
    case 'model.finished':
      finishAnswer(timeline, event.data);
      break;
    case 'retrying':
      if (timeline.activity) timeline.activity.retry = event.data;
      break;
    case 'model.switched':
    case 'notice':
    case 'context.compacted':
    case 'context.restored':
    case 'workspace.rewound':
    case 'sandbox.restored':
    case 'sandbox.moved':
      addNote(timeline, event, now);
      break;
    case 'thread.branched':
      return isNew ? 'load_again' : 'applied';
    case 'run.finished':
      if (isNew) finishRun(timeline, event, now);
  }
  return 'applied';
}

function startRun(timeline: Timeline, data: EventData['run.started'], isNew: boolean, now: number): Applied {
  if (!isNew && timeline.activity?.runId !== data.runId) return 'applied';
  timeline.activity = newActivity(data.runId, data.model, now);
  timeline.lastRunId = data.runId;
  timeline.runStatus = 'running';
  if (data.messageId === '') return 'applied';
  if (timeline.entries.some((entry) => entry.kind === 'user' && entry.messageId === data.messageId))
    return 'applied';
  const mine = timeline.entries.findLast((entry) => entry.kind === 'user' && entry.messageId === null);
  if (mine?.kind !== 'user') return 'load_again';
  mine.messageId = data.messageId;
  return 'applied';
}

function startModel(timeline: Timeline, data: EventData['model.started']): void {
  if (!timeline.activity) return;
  timeline.activity.model = data.requestedModel;
  timeline.activity.retry = null;
}

function addText(timeline: Timeline, event: ThreadEvent, now: number): void {
  if (event.type !== 'message.delta' && event.type !== 'reasoning.delta') return;
  const answer = answerOf(timeline, event.data.messageId, event.id, now);
  // The whole text was loaded with the thread.
  if (answer.status !== 'writing') return;
  const field = event.type === 'message.delta' ? 'text' : 'reasoning';
  answer[field] += event.data.text;
  if (event.data.text.trim() !== '') answer[field === 'text' ? 'hasText' : 'hasReasoning'] = true;
}

/** The answer with this id; a new one when it is the first that is heard of it, before notes that are newer. */
function answerOf(timeline: Timeline, messageId: string, eventId: number, now: number): AnswerEntry {
  const known = timeline.entries.findLast((entry) => entry.kind === 'answer' && entry.key === messageId);
  if (known?.kind === 'answer') return known;
  const isNewer = (entry: Entry) => entry.kind === 'note' && entry.eventId > eventId;
  const index = timeline.entries.findLastIndex((entry) => !isNewer(entry)) + 1;
  timeline.entries.splice(index, 0, {
    kind: 'answer',
    key: messageId,
    model: timeline.activity?.model ?? '',
    text: '',
    hasText: false,
    reasoning: '',
    hasReasoning: false,
    status: 'writing',
    usage: null,
    calls: [],
    at: new Date(now).toISOString(),
  });
  // Read back: in the page this is the reactive one.
  return timeline.entries[index] as AnswerEntry;
}

function addCall(timeline: Timeline, data: EventData['tool.proposed'], eventId: number, now: number): void {
  const known = findCall(timeline, data.toolCallId);
  if (known) {
    if (data.diff && !known.diff) known.diff = data.diff;
    return;
  }
  const { toolCallId, messageId, name, args, diff } = data;
  answerOf(timeline, messageId, eventId, now).calls.push({
    toolCallId,
    messageId,
    name,
    args,
    state: 'proposed',
    output: '',
    ...(diff ? { diff } : {}),
  });
}

export function findCall(timeline: Timeline, toolCallId: string): Call | undefined {
  for (let index = timeline.entries.length - 1; index >= 0; index -= 1) {
    const entry = timeline.entries[index];
    const call = entry?.kind === 'answer' && entry.calls.find((call) => call.toolCallId === toolCallId);
    if (call) return call;
  }
  return undefined;
}

function requestReview(timeline: Timeline, data: EventData['review.requested']): void {
  timeline.review = data;
  timeline.runStatus = 'awaiting_review';
  for (const { id, diff } of data.toolCalls) {
    const call = findCall(timeline, id);
    if (call && diff) call.diff = diff;
  }
}

function decideReview(timeline: Timeline, data: EventData['review.decided'], isNew: boolean): void {
  for (const { toolCallId, action, by, reason } of data.decisions) {
    const call = findCall(timeline, toolCallId);
    if (!call) continue;
    call.decision = { action, by, ...(reason ? { reason } : {}) };
    if (call.state === 'proposed') call.state = 'decided';
  }
  if (isNew && data.decisions.some(({ by }) => by === 'user')) timeline.review = null;
}

function advanceCall(timeline: Timeline, event: ThreadEvent): void {
  if (event.type !== 'tool.started' && event.type !== 'tool.output' && event.type !== 'tool.finished') return;
  const call = findCall(timeline, event.data.toolCallId);
  if (!call || call.state === 'finished') return;
  if (event.type === 'tool.started') {
    call.state = 'running';
    call.output = '';
  } else if (event.type === 'tool.output') {
    call.output = (call.output + event.data.text).slice(-keptOutput);
  } else {
    const { status, summary, exitCode, durationMs, web, subagent } = event.data;
    Object.assign(call, { state: 'finished', status, summary, durationMs });
    if (exitCode !== undefined) call.exitCode = exitCode;
    if (web) call.web = web;
    if (subagent) call.subagent = subagent;
    for (const spent of [web, subagent]) if (spent) addCost(timeline, spent.costUsd);
  }
}

function addCost(timeline: Timeline, costUsd: number | null): void {
  timeline.costUsd += costUsd ?? 0;
  if (costUsd === null) timeline.costComplete = false;
}

function showFiles(timeline: Timeline, { toolCallId, files }: EventData['workspace.changed']): void {
  const call = findCall(timeline, toolCallId);
  if (call) call.files = files;
}

function finishAnswer(timeline: Timeline, { messageId, usage }: EventData['model.finished']): void {
  const answer = timeline.entries.findLast((entry) => entry.kind === 'answer' && entry.key === messageId);
  if (answer?.kind !== 'answer' || answer.usage) return;
  answer.usage = usage;
  answer.model = `${usage.provider}/${usage.model}`;
  if (answer.status === 'writing') answer.status = 'complete';
  timeline.contextTokens = usage.inputTokens + usage.outputTokens;
  addCost(timeline, usage.costUsd);
}

function addNote(timeline: Timeline, event: ThreadEvent, now: number): void {
  const note = noteOf(event.type, event.data);
  if (!note) return;
  const entry = noteEntry(event.id, note);
  if (timeline.entries.some(({ key }) => key === entry.key)) return;
  // A replayed switch is as old as the record says, which does not say.
  const live = note.type === 'switched' && note.at === undefined && timeline.lastEventId === event.id;
  if (live) note.at = new Date(now).toISOString();
  timeline.entries.push(entry);
}

function finishRun(timeline: Timeline, event: ThreadEvent, now: number): void {
  if (event.type !== 'run.finished') return;
  timeline.activity = null;
  timeline.runStatus = event.data.status;
  if (event.data.status !== 'awaiting_review') timeline.review = null;
  const ended = event.data.status === 'done' || event.data.status === 'awaiting_review';
  for (const entry of timeline.entries)
    if (entry.kind === 'answer' && entry.status === 'writing') entry.status = ended ? 'complete' : 'partial';
  addNote(timeline, event, now);
}
