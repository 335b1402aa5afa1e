import { CrosspointError } from '#protocol/errors.ts';
import type { GatewayLogger } from './gateway-options.ts';
import type { ModelRequest, PromptMessage } from './types.ts';

/** Where a checked history ends: a longer one of the same messages is checked from there on. */
interface Checked {
  count: number;
  last: PromptMessage;
}

/** Checks each message of a conversation once: a projection keeps the same message objects from request to request. */
export class AnsweredHistories {
  /** By the first message. Memory follows the objects. */
  readonly #checked = new WeakMap<PromptMessage, Checked>();

  /** The first call without its result, or result without its call; null when there is none. */
  problemIn(messages: readonly PromptMessage[]): string | null {
    const [first] = messages;
    if (!first) return null;
    const known = this.#checked.get(first);
    const isSame = known !== undefined && messages[known.count - 1] === known.last;
    const problem = danglingCall(isSame ? messages.slice(known.count) : messages);
    const last = messages.at(-1);
    if (problem === null && last) this.#checked.set(first, { count: messages.length, last });
    return problem;
  }
}

/**
 * Every call in the history has exactly one result, directly after it (I4). Every provider refuses anything else, and it
 * would be our own mistake: it is ours to report, before a request is spent.
 * @throws CrosspointError `internal`; the log says what is wrong under the same reference
 */
export function assertAnswered(
  request: ModelRequest,
  requestId: string,
  histories: AnsweredHistories,
  logger: GatewayLogger,
): void {
  const problem = histories.problemIn(request.messages);
  if (problem === null) return;
  const { threadId, runId } = request.context;
  logger.warn(
    { reference: requestId, threadId, runId, problem },
    'a request was not sent: its history dangles',
  );
  throw new CrosspointError('internal', { reference: requestId }, { cause: new Error(problem) });
}

/** The first call without its result, or result without its call; null when there is none. */
export function danglingCall(messages: readonly PromptMessage[]): string | null {
  const open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      for (const { toolCallId } of message.results)
        if (!open.delete(toolCallId)) return `the result of ${toolCallId} has no call before it`;
      continue;
    }
    const [unanswered] = open;
    if (unanswered !== undefined) return `the call ${unanswered} has no result after it`;
    if (message.role !== 'assistant') continue;
    for (const part of message.parts) {
      if (part.type !== 'tool-call') continue;
      if (open.has(part.toolCallId)) return `the id ${part.toolCallId} stands for two calls`;
      open.add(part.toolCallId);
    }
  }
  const [last] = open;
  return last === undefined ? null : `the call ${last} has no result after it`;
}
