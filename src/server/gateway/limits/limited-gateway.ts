import { costUsd } from '../ledger/cost.ts';
import { estimateInputTokens } from '../ledger/estimate.ts';
import type { Gateway, ModelRequest, ModelStreamEvent, PartialAnswer } from '../types.ts';
import type { Admission, Admissions, Caller, CallOptions } from '../v1/types.ts';

/** What is reserved where nobody says how long the answer may be. */
const usualOutput = 4_096;
/** Milliseconds; who is let in sooner does not notice that there was a queue. */
const unnoticed = 50;

/** The agent's calls ask for nothing of what a header of `/v1` may. */
const plain: Omit<CallOptions, 'requestId'> = {
  endUser: null,
  session: {},
  properties: {},
  cache: null,
  rateLimit: null,
  retry: null,
  fallbacks: null,
  modelOverride: null,
  omitRequest: false,
  omitResponse: false,
};

/** A gateway whose calls pass the configured limits and budgets of their user and provider, as those of `/v1` do. */
export function withLimits(gateway: Gateway, admissions: Admissions): Gateway {
  return {
    stream: (request, signal) => limited(gateway, admissions, request, signal),
    close: () => gateway.close(),
  };
}

async function* limited(
  gateway: Gateway,
  admissions: Admissions,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelStreamEvent> {
  const asked = askedOf(request);
  const admitting = admissions.admit(callerOf(request), { ...plain, requestId: '' }, asked, signal);
  if (await isWaiting(admitting)) yield waitingNotice(request);
  const admission = await admitting;
  // Of a call that was given up and told nothing, what was reserved is what counts.
  let used: Parameters<Admission['settle']>[0] = { costUsd: null, tokens: asked.estimate.tokens };
  const note = ({ usage }: Pick<PartialAnswer, 'usage'>) => {
    if (usage) used = { costUsd: usage.costUsd, tokens: usage.inputTokens + usage.outputTokens };
  };
  try {
    for await (const event of gateway.stream(request, signal)) {
      if (event.type === 'finished') note(event);
      yield event;
    }
  } catch (cause) {
    note(((cause as Error).cause as { partial?: PartialAnswer } | undefined)?.partial ?? {});
    throw cause;
  } finally {
    await admission.settle(used);
  }
}

function callerOf({ context }: ModelRequest): Caller {
  const own = { keyId: 'agent', keyName: 'the agent', models: null, limits: {}, budget: null };
  return { ...own, userId: context.userId };
}

function askedOf(request: ModelRequest) {
  const { provider, model, cost, maxOutput } = request.target;
  const inputTokens = estimateInputTokens(request);
  const outputTokens = Math.min(request.settings.maxTokens ?? usualOutput, maxOutput ?? Infinity);
  const tokens = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
  return {
    provider,
    model,
    estimate: { tokens: inputTokens + outputTokens, costUsd: costUsd(cost, tokens) },
  };
}

/** Whether a call still waits for its turn after a moment. What refuses it is thrown by the call itself. */
async function isWaiting(admitting: Promise<Admission>): Promise<boolean> {
  const { promise: moment, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), unnoticed);
  const over = admitting.then(
    () => false,
    () => false,
  );
  const waits = await Promise.race([over, moment]);
  clearTimeout(timer);
  return waits;
}

function waitingNotice({ target }: ModelRequest): ModelStreamEvent {
  const message = `The limits of ${target.provider} or of this user are reached: the call to ${target.model} waits for its turn.`;
  return { type: 'notice', code: 'waits_for_limit', message };
}
