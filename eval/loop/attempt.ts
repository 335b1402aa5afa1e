import type { ThreadEvent } from '#protocol/events.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { RunAnswer } from '#server/agent/types.ts';
import type { Crosspoint } from '#tests/support/crosspoint.ts';
import { targets, targetNames } from '#tests/support/targets.ts';
import type { Exercise } from './exercise.ts';
import type { Variant } from './variants.ts';

/** What came of one exercise in one way. */
export interface Attempt {
  exercise: string;
  variant: string;
  /** The last words of the model, or the error that the run ended with. */
  ending: string;
  /** The check succeeded, and every file is exactly what the solution says. */
  solved: boolean;
  /** Files that are neither as before nor as in the solution: each is a wrong edit. */
  wrong: string[];
  /** Calls that had an effect before anybody, or the approval mode, allowed them. */
  unreviewed: string[];
  /** The file of the first result of `search_code` is one that had to be changed; null: the tool was not there. */
  foundFirst: boolean | null;
  requests: number;
  reviews: number;
  costUsd: number;
  /** The program that the check needs and that is not in the sandbox. */
  lacks: string | null;
}

type Interrupt = Extract<RunAnswer, { interrupt: true }>;

/** Through the real server, graph, sandbox and review, as a person would: over HTTP. */
export async function attempt(
  crosspoint: Crosspoint,
  exercise: Exercise,
  variant: Variant,
  number: number,
): Promise<Attempt> {
  const modelConfig = modelOf(number);
  const hello = await crosspoint.say({ message: 'Hello.', modelConfig, approvalMode: variant.approvalMode });
  const { threadId } = hello;
  for (const [path, content] of exercise.before)
    await crosspoint.api('PUT', `/api/threads/${threadId}/files/content`, { path, content });
  const message = `${exercise.task} [${exercise.name} ${variant.format}]`;
  const early: string[] = [];
  let reviews = 0;
  const review = async (asked: Interrupt) => {
    early.push(...(await changedBefore(crosspoint, exercise, asked)));
    return crosspoint.decide(threadId, decisionFor(variant, reviews++, number));
  };
  const ending = await run(crosspoint.say({ message, threadId }), review);
  const thread = await crosspoint.thread(threadId);
  const events = await crosspoint.events(threadId);
  const files = await readAll(crosspoint, threadId, exercise);
  const exact = [...exercise.after].every(([path, content]) => files.get(path) === content);
  return {
    exercise: exercise.name,
    variant: variant.name,
    ending,
    solved: ending === 'Solved.' && exact,
    wrong: [...files].filter(([path, text]) => !isKnown(exercise, path, text)).map(([path]) => path),
    unreviewed: [...early, ...startedWithoutDecision(events)],
    foundFirst: foundFirst(events, exercise, thread.messages),
    requests: events.filter(({ type }) => type === 'model.started').length,
    reviews,
    costUsd: thread.costUsd,
    lacks: exercise.needs !== null && exitCodes(events).includes(127) ? exercise.needs : null,
  };
}

async function run(
  answer: Promise<RunAnswer>,
  review: (asked: Interrupt) => Promise<RunAnswer>,
): Promise<string> {
  try {
    let current = await answer;
    while ('interrupt' in current) current = await review(current);
    return current.response.split('\n').at(-1) ?? '';
  } catch (cause) {
    return (cause as Error).message;
  }
}

function exitCodes(events: readonly ThreadEvent[]): (number | undefined)[] {
  return events.map(({ type, data }) => (type === 'tool.finished' ? data.exitCode : undefined));
}

function modelOf(number: number): ModelConfig {
  return targets[targetNames[number % targetNames.length] as (typeof targetNames)[number]];
}

function decisionFor({ first }: Variant, reviews: number, number: number) {
  if (reviews > 0 || first === 'approve') return { action: 'approved' as const };
  if (first === 'reject')
    return { action: 'rejected' as const, reason: 'Look once more, then propose it again.' };
  return { action: 'change_model' as const, newModelConfig: modelOf(number + 1) };
}

/** At the first review, and at those after it that ask about a file, that file is as it was. */
async function changedBefore(crosspoint: Crosspoint, exercise: Exercise, { threadId, data }: Interrupt) {
  const paths = data.toolCalls.flatMap(({ args }) => (typeof args.path === 'string' ? [args.path] : []));
  const files = await readAll(crosspoint, threadId, exercise);
  return paths
    .filter((path) => files.get(path) !== exercise.before.get(path))
    .map((path) => `${path} was changed before its review ended`);
}

function startedWithoutDecision(events: readonly ThreadEvent[]): string[] {
  const decided = new Set<string>();
  const faults: string[] = [];
  for (const { type, data } of events) {
    if (type === 'review.decided')
      for (const { toolCallId, action } of data.decisions) if (action !== 'rejected') decided.add(toolCallId);
    if (type === 'review.requested') for (const { id } of data.toolCalls) decided.delete(id);
    if (type === 'tool.started' && reviewedIn(events, data.toolCallId) && !decided.has(data.toolCallId))
      faults.push(`${data.name} started without a decision`);
  }
  return faults;
}

function reviewedIn(events: readonly ThreadEvent[], id: string): boolean {
  return events.some(
    ({ type, data }) => type === 'review.requested' && data.toolCalls.some((call) => call.id === id),
  );
}

function isKnown({ before, after }: Exercise, path: string, text: string): boolean {
  return text === before.get(path) || text === after.get(path);
}

/** The files of both sides that are there. */
async function readAll(crosspoint: Crosspoint, threadId: string, { before, after }: Exercise) {
  const files = new Map<string, string>();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const response = await crosspoint.request(
      'GET',
      `/api/threads/${threadId}/files/content?path=${encodeURIComponent(path)}`,
    );
    if (response.ok) files.set(path, ((await response.json()) as { content: string }).content);
    else await response.body?.cancel();
  }
  return files;
}

function foundFirst(
  events: readonly ThreadEvent[],
  exercise: Exercise,
  messages: Awaited<ReturnType<Crosspoint['thread']>>['messages'],
): boolean | null {
  const searches = events.some(({ type, data }) => type === 'tool.started' && data.name === 'search_code');
  if (!searches) return null;
  const result = messages
    .flatMap(({ parts }) => parts)
    .find((part) => part.type === 'tool-result' && part.name === 'search_code');
  const text = result?.type === 'tool-result' ? result.text : '';
  const places = [...exercise.before.keys()]
    .map((path) => ({ path, at: text.indexOf(path) }))
    .filter(({ at }) => at >= 0)
    .sort((left, right) => left.at - right.at);
  return places.length > 0 && exercise.after.has(places[0]?.path ?? '');
}
