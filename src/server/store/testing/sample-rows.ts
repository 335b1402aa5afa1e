import type { NewEvent } from '#protocol/events.ts';
import type { Message, ToolResultPart } from '#protocol/message.ts';
import { createHash } from 'node:crypto';
import type { StoreTables, ThreadRow } from '../store.ts';

/** Rows for tests and benchmarks; a turn has the shape and the sizes of a real one. */
export const at = '2026-11-24T00:00:00.000Z';

export function threadRow(id: string, userId = 'local'): ThreadRow {
  return {
    id,
    userId,
    title: 'New',
    titled: false,
    modelConfig: { provider: 'demo', model: 'm' },
    approvalMode: 'ask',
    fallbackModels: [],
    pauseOnMismatch: false,
    autoCompact: true,
    compactionModel: null,
    subagentModel: null,
    cacheAnswers: false,
    budgetUsd: null,
    sandboxId: `s-${id}`,
    sandboxType: 'local',
    currentFile: null,
    useMorph: false,
    branch: 0,
    createdAt: at,
    updatedAt: at,
  };
}

export function runRow(id: string, threadId = 't') {
  return { id, threadId, userId: 'local', turnId: id, messageId: null, createdAt: at };
}

export function messageRow(id: string, parts: Message['parts'], role: Message['role'] = 'user') {
  return { id, threadId: 't', runId: 'r', role, parts, status: 'complete' as const, createdAt: at };
}

/** Text that looks like prose and does not repeat: every text is different, as in a real conversation. */
export function prose(seed: string, length: number): string {
  let text = '';
  for (let count = 0; text.length < length; count += 1) {
    text += createHash('sha256')
      .update(`${seed} ${count}`)
      .digest('base64')
      .replaceAll('A', ' ')
      .replaceAll('/', '\n');
  }
  return text.slice(0, length);
}

export interface TurnSizes {
  question: number;
  fileContent: number;
  result: number;
  answer: number;
  /** Characters of one streamed piece: 20 a second from a model that writes 100 tokens a second. */
  piece: number;
}

const usualSizes: TurnSizes = {
  question: 2_000,
  fileContent: 3_000,
  result: 10_000,
  answer: 2_000,
  piece: 20,
};

/** The texts of one turn, and the ids of its rows. */
function turnOf(turn: number, sizes: TurnSizes) {
  const id = (name: string) => `${name}_${String(turn).padStart(26, '0')}`;
  const path = `src/file-${turn}.ts`;
  const content = prose(`c${turn}`, sizes.fileContent);
  const args = JSON.stringify({ content, path });
  return {
    id,
    runId: id('run'),
    question: prose(`q${turn}`, sizes.question),
    result: prose(`r${turn}`, sizes.result),
    answer: prose(`a${turn}`, sizes.answer),
    args,
    hash: createHash('sha256').update(args).digest('hex'),
    call: { toolCallId: id('call'), name: 'write_file' },
    diff: { path, before: '', after: content, added: 40, removed: 0, isNew: true },
  };
}

type Turn = ReturnType<typeof turnOf>;

/**
 * Writes one turn as the agent does: a question, a reviewed edit with its diff, its result, an answer that was streamed.
 * @returns the bytes of text that people, models and tools wrote
 */
export async function writeTurn(
  store: StoreTables,
  number: number,
  sizes: TurnSizes = usualSizes,
): Promise<number> {
  const turn = turnOf(number, sizes);
  await commit(store, [started(turn.runId)], async (inside) => {
    await inside.runs.start(runRow(turn.runId));
    await inside.messages.append(messageRow(turn.id('question'), [{ type: 'text', text: turn.question }]));
  });
  await writeProposal(store, turn);
  await store.toolCalls.start('t', turn.call.toolCallId, turn.hash);
  await writeResult(store, turn);
  await writeAnswer(store, turn, sizes.piece);
  return [turn.question, turn.args, turn.result, turn.answer].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  );
}

async function writeProposal(store: StoreTables, { id, call, args, hash, diff, runId }: Turn): Promise<void> {
  const messageId = id('edit');
  const shown = JSON.parse(args) as Record<string, unknown>;
  const review: NewEvent = {
    type: 'review.requested',
    data: {
      type: 'human_review',
      message: 'm wants to make a call.',
      toolCalls: [{ id: call.toolCallId, name: call.name, args: shown, hash, diff }],
      currentState: { file: null, content: null, model: 'demo/m' },
      runId,
    },
  };
  const proposed: NewEvent = { type: 'tool.proposed', data: { ...call, args: shown, hash, diff, messageId } };
  const ids = { threadId: 't', runId, turnId: runId, messageId };
  const row = { ...call, ...ids, position: 0, args, argsHash: hash, diff: null, needsReview: true };
  await commit(store, [proposed, review], async (inside) => {
    await inside.messages.append(messageRow(messageId, [{ type: 'tool-call', ...call, args }], 'assistant'));
    await inside.toolCalls.propose([row]);
    await inside.toolCalls.decide('t', call.toolCallId, { action: 'approved', by: 'user', argsHash: hash });
  });
}

async function writeResult(store: StoreTables, { id, call, result }: Turn): Promise<void> {
  const end = { status: 'ok' as const, summary: 'Wrote it', durationMs: 12 };
  const finished: NewEvent = { type: 'tool.finished', data: { toolCallId: call.toolCallId, ...end } };
  await commit(store, [finished], async (inside) => {
    await inside.toolCalls.finish('t', call.toolCallId, { ...end, resultText: result });
    const part: ToolResultPart = { type: 'tool-result', ...call, status: 'ok', text: result };
    await inside.messages.append(messageRow(id('result'), [part], 'tool'));
  });
}

async function writeAnswer(store: StoreTables, { id, answer, runId }: Turn, piece: number): Promise<void> {
  const messageId = id('answer');
  for (let from = 0; from < answer.length; from += piece) {
    const text = answer.slice(from, from + piece);
    await commit(store, [{ type: 'message.delta', data: { messageId, text } }]);
  }
  await commit(store, [finishedModel(messageId)], (inside) =>
    inside.messages.append(messageRow(messageId, [{ type: 'text', text: answer }], 'assistant')),
  );
  const end: NewEvent = { type: 'run.finished', data: { runId, status: 'done', response: answer } };
  await commit(store, [end], (inside) => inside.runs.finish(runId, { status: 'done', finishedAt: at }));
}

/** One transaction of several rows: message `m<number>`, and three events that together say the same text. */
export async function commitNumber(store: StoreTables, number: number): Promise<void> {
  const text = prose(`n${number}`, 1_500);
  const delta = (piece: string): NewEvent => ({
    type: 'message.delta',
    data: { messageId: `m${number}`, text: piece },
  });
  const end: NewEvent = { type: 'run.finished', data: { runId: 'r', status: 'done', response: text } };
  await commit(store, [delta(text.slice(0, 700)), delta(text.slice(700)), end], (inside) =>
    inside.messages.append(messageRow(`m${number}`, [{ type: 'text', text }])),
  );
}

function commit(
  store: StoreTables,
  events: NewEvent[],
  work?: (inside: StoreTables) => Promise<unknown>,
): Promise<unknown> {
  return store.transaction(async (inside) => {
    await work?.(inside);
    await inside.events.append('t', events);
  });
}

function started(runId: string): NewEvent {
  return { type: 'run.started', data: { runId, threadId: 't', messageId: 'm', model: 'demo/m' } };
}

export function finishedModel(messageId: string): NewEvent {
  return {
    type: 'model.finished',
    data: {
      messageId,
      usage: {
        provider: 'demo',
        model: 'm',
        timestamp: at,
        inputTokens: 10_000,
        outputTokens: 500,
        cacheReadTokens: 9_000,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        costUsd: 0.0123,
        estimated: false,
        cache: null,
        latencyMs: 2_100,
        ttftMs: 300,
        attempt: 1,
        route: 'direct',
      },
    },
  };
}
