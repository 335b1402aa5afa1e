import { Command, END, Send } from '@langchain/langgraph';
import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { compactInRun } from './compact-in-run.ts';
import { contextFor, type Context } from './context.ts';
import { failOver } from './failover.ts';
import { modelName, modelRequest } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import { leaveOutRefusedSeals } from './refused-seals.ts';
import { assertServedAsAsked, mismatchNotice } from './served-model.ts';
import { approvedCall, checkCalls, proposalEvents, writeProposals, type Proposal } from './proposals.ts';
import type { AgentUpdate } from './state.ts';
import { assertMayContinue } from './stops.ts';
import { assistantMessage, streamAnswer, textOf, type Answer } from './stream-answer.ts';
import type { Turn } from './turn.ts';

/** One step: asks the thread's current model, or the next of its fallback chain when that one fails for good. */
export async function agentNode(setup: AgentSetup, turn: Turn): Promise<Command> {
  const shortenedFor = new Set<string>();
  while (!turn.signal.aborted) {
    const thread = await turn.thread();
    const mayShorten = thread.autoCompact && !shortenedFor.has(modelName(thread.modelConfig));
    try {
      return await ask(setup, turn, thread, mayShorten);
    } catch (failure) {
      if (!turn.signal.aborted && (await leaveOutRefusedSeals(turn, thread, failure))) continue;
      await mend(setup, turn, thread, failure, mayShorten);
      if (isOverflow(failure)) shortenedFor.add(modelName(thread.modelConfig));
    }
  }
  return new Command({ goto: END });
}

/**
 * Another model of the chain, or, where the conversation is too long and no model of the chain has room for all of it, the
 * shorter form of it for the same one: at most once for each model in a step.
 * @throws the failure when there is nothing to mend it
 */
async function mend(
  setup: AgentSetup,
  turn: Turn,
  thread: ThreadRow,
  failure: unknown,
  mayShorten: boolean,
): Promise<void> {
  try {
    await failOver(setup, turn, thread, failure);
  } catch (last) {
    if (turn.signal.aborted || !mayShorten || !isOverflow(last)) throw last;
    await compactInRun(setup, turn, thread, last);
  }
}

function isOverflow(failure: unknown): failure is CrosspointError {
  return failure instanceof CrosspointError && failure.code === 'context_overflow';
}

/** One request to the thread's current model; where it goes next depends on the calls in its answer. */
async function ask(setup: AgentSetup, turn: Turn, thread: ThreadRow, mayShorten: boolean): Promise<Command> {
  const transcript = await turn.memory.refresh(setup.store);
  await assertMayContinue(setup, thread, transcript, turn.memory.forkSeq);
  setup.models.assertUsable(thread.modelConfig);
  await setup.tokens.load();
  const context = contextFor(setup, thread, turn.memory, thread.modelConfig);
  // Close to the window the exact count matters; it is there for the next request.
  if (context.count.tokens > context.room / 2) void setup.tokens.prepare(context.target);
  // Where nothing could be done about it, the provider decides: a count is no word of its.
  if (mayShorten && context.count.tokens > context.room)
    throw new CrosspointError('context_overflow', { model: modelName(thread.modelConfig) });
  const request = modelRequest(thread, context, turn.run.id);
  setup.point('model.before_request');
  const answer = await askTwiceWhenEmpty(setup, turn, request, thread);
  if (!answer) return new Command({ goto: END });
  await learnTokens(setup, context, answer);
  const proposals = await checkCalls(setup, turn, thread, answer.parts);
  for (const { part, diff } of proposals) if (diff) turn.diffs.set(part.toolCallId, diff);
  const messages = await commitAnswer(setup, turn, thread, request, answer, proposals);
  assertServedAsAsked(thread, answer.usage);
  if (answer.lostCall) throw new CrosspointError('truncated_tool_call');
  return next(turn, proposals, {
    messages,
    modelConfig: thread.modelConfig,
    currentFile: thread.currentFile,
    awaitingHumanInput: proposals.some(({ needsReview }) => needsReview),
    modelUsageHistory: [answer.usage],
  });
}

/** What the provider counted makes the next counts for its model better; that it could not be kept ends no run. */
async function learnTokens(
  setup: AgentSetup,
  { projection, target, fixed }: Context,
  { usage }: Answer,
): Promise<void> {
  if (usage.estimated || usage.cache === 'HIT') return;
  try {
    await setup.tokens.learn(projection.messages, target, fixed, usage.inputTokens);
  } catch (cause) {
    setup.logger.warn({ cause, model: modelName(target) }, 'a token count was not remembered');
  }
}

function next(turn: Turn, proposals: Proposal[], update: AgentUpdate): Command {
  if (!proposals.length || turn.signal.aborted) return new Command({ update, goto: END });
  if (update.awaitingHumanInput) return new Command({ update, goto: 'review' });
  const calls = proposals.filter(({ refusal }) => refusal === null).map(approvedCall);
  const goto = calls.length ? calls.map((call) => new Send('tool', { call })) : 'agent';
  return new Command({ update, goto });
}

/**
 * Models now and then end a stream without a word (fault F10): asked once more, visibly, then it is an answer.
 * @throws `provider_empty_answer` instead, where another model may take over
 */
async function askTwiceWhenEmpty(
  setup: AgentSetup,
  turn: Turn,
  request: ModelRequest,
  { fallbackModels }: ThreadRow,
): Promise<Answer | null> {
  const first = await streamAnswer(setup, turn, request);
  if (!first || !isEmpty(first)) return first;
  const message = `${modelName(request.target)} gave an empty answer and is asked once more.`;
  await turn.commit([...endOf(first), { type: 'notice', data: { code: 'empty_answer', message } }]);
  const second = await streamAnswer(setup, turn, request);
  if (!second || !isEmpty(second) || !fallbackModels.length) return second;
  await turn.commit(endOf(second));
  throw new CrosspointError('provider_empty_answer', { provider: request.target.provider });
}

/** Of an answer that leaves no message. */
function endOf({ unwritten, messageId, usage }: Answer): NewEvent[] {
  return [...unwritten, { type: 'model.finished', data: { messageId, usage } }];
}

function isEmpty({ reason, parts, lostCall }: Answer): boolean {
  return (
    reason === 'stop' &&
    !lostCall &&
    textOf(parts).trim() === '' &&
    !parts.some((part) => part.type === 'tool-call')
  );
}

/** The answer, its calls and what was decided about them without a person: one transaction. Gives the ids of the rows. */
async function commitAnswer(
  setup: AgentSetup,
  turn: Turn,
  thread: ThreadRow,
  request: ModelRequest,
  answer: Answer,
  proposals: Proposal[],
): Promise<string[]> {
  const { messageId, usage } = answer;
  const events: NewEvent[] = [
    ...answer.unwritten,
    ...proposalEvents(proposals, messageId, turn.run.id, turn.threadId),
    { type: 'model.finished', data: { messageId, usage } },
    ...endingNotice(answer, request),
    ...mismatchNotice(turn, usage),
  ];
  let resultIds: string[] = [];
  setup.point('model.before_commit');
  await turn.commit(events, async (store) => {
    const parts = withCheckedCalls(answer, proposals);
    const status = answer.lostCall ? 'partial' : 'complete';
    await store.messages.append(assistantMessage(turn, request, { id: messageId, parts, status }));
    const isByRule = (name: string) => {
      const tool = setup.tools.get(turn.threadId, name);
      return tool?.kind === 'read' || tool?.allowedByRule === true;
    };
    resultIds = await writeProposals(store, turn, thread, messageId, proposals, isByRule);
  });
  setup.point('model.committed');
  return [messageId, ...resultIds];
}

function withCheckedCalls(answer: Answer, proposals: Proposal[]): Answer['parts'] {
  const checked = proposals.map(({ part }) => part);
  return answer.parts.map((part) => (part.type === 'tool-call' ? (checked.shift() ?? part) : part));
}

/** A refusal, a filter and a full stop are shown as such; none of them is a failure of the run (fault F12). */
function endingNotice({ reason, lostCall }: Answer, { target }: ModelRequest): NewEvent[] {
  const model = modelName(target);
  const sentences: Partial<Record<Answer['reason'], string>> = {
    length: `The answer of ${model} ends here because it reached its output limit. Send a message to let it go on.`,
    refusal: `${model} declined to answer. Say it differently, or continue with another model.`,
    'content-filter': `${target.provider} filtered this answer.`,
  };
  const message = sentences[reason];
  if (!message || lostCall) return [];
  return [{ type: 'notice', data: { code: `answer_${reason.replace('-', '_')}`, message } }];
}
