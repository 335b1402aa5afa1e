import { answerAgainCommand, decideCommand, startCommand } from '#protocol/commands.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Accepted } from '#server/agent/types.ts';
import type { Answer, ApiRequest, Endpoint, EndpointParts } from '../endpoint.ts';

/** `POST /api/agent`: a message. */
export const startRun: Endpoint = async (parts, request) => {
  const idempotencyKey = readIdempotencyKey(request);
  const command = await request.command(startCommand);
  const accepted = await parts.agent.start(request.userId, {
    ...command,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return answerRun(parts, request, accepted);
};

/** `PUT /api/agent`: a decision. */
export const decideReview: Endpoint = async (parts, request) => {
  const command = await request.command(decideCommand);
  return answerRun(parts, request, await parts.agent.decide(request.userId, command));
};

/** `POST /api/threads/{id}/answer-again`: another answer at a message, in a branch of its own. */
export const answerAgain: Endpoint = async (parts, request) => {
  const { userId, id: threadId } = request;
  // Before the body: to whom the thread does not exist, nothing about it is right or wrong.
  if (!(await parts.store.threads.get(userId, threadId)))
    throw new CrosspointError('not_found', { what: 'thread' });
  const idempotencyKey = readIdempotencyKey(request);
  const command = await request.command(answerAgainCommand);
  const accepted = await parts.agent.answerAgain(userId, {
    ...command,
    threadId,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return answerRun(parts, request, accepted);
};

/** Waits, or streams the run's events: as the caller asked. A caller who leaves does not stop the run. */
async function answerRun(
  { agent, log }: EndpointParts,
  request: ApiRequest,
  { threadId, runId, afterEventId }: Accepted,
): Promise<Answer> {
  if (!wantsStream(request)) return { body: await agent.answer(request.userId, runId) };
  return {
    events: (signal) => log.subscribe(threadId, afterEventId, signal),
    isLast: (event) => event.type === 'run.finished' && event.data.runId === runId,
  };
}

function wantsStream(request: ApiRequest): boolean {
  return (request.header('accept') ?? '').toLowerCase().includes('text/event-stream');
}

function readIdempotencyKey(request: ApiRequest): string | undefined {
  const key = request.header('idempotency-key');
  if (key === '' || (key !== undefined && key.length > 255))
    throw new CrosspointError('bad_request', {
      detail: 'The header Idempotency-Key takes 1 to 255 characters.',
    });
  return key;
}
