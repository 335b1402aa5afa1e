import { Command, END, Send } from '@langchain/langgraph';
import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { failOver } from './failover.ts';
import { modelName, modelRequest } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import { assertServedAsAsked, mismatchNotice } from './served-model.ts';
import { approvedCall, checkCalls, proposalEvents, writeProposals, type Proposal } from './proposals.ts';
import type { AgentUpdate } from './state.ts';
import { assertMayContinue } from './stops.ts';
import { assistantMessage, streamAnswer, textOf, type Answer } from './stream-answer.ts';
import type { Turn } from './turn.ts';

/** One step: asks the thread's current model, or the next of its fallback chain when that one fails for good. */
export async function agentNode(setup: AgentSetup, turn: Turn): Promise<Command> {
  while (!turn.signal.aborted) {
    const thread = await turn.thread();
    try {
      return await ask(setup, turn, thread);
    } catch (failure) {
      await failOver(setup, turn, thread, failure);
    }
  }
  return new Command({ goto: END });
}

/** One request to the thread's current model; where it goes next depends on the calls in its answer. */
async function ask(setup: AgentSetup, turn: Turn, thread: ThreadRow): Promise<Command> {
  const transcript = await turn.memory.refresh(setup.store);
  await assertMayContinue(setup, thread, transcript, turn.memory.forkSeq);
  setup.models.assertUsable(thread.modelConfig);
  const request = modelRequest(setup, thread, turn.memory, turn.run.id);
  setup.point('model.before_request');
  const answer = await askTwiceWhenEmpty(setup, turn, request, thread);
  if (!answer) return new Command({ goto: END });
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
    const kindOf = (name: string) => setup.tools.get(name)?.kind;
    resultIds = await writeProposals(store, turn, thread, messageId, proposals, kindOf);
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
