import { estimateInputTokens } from '../ledger/estimate.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { Gateway, ModelRequest, ModelStreamEvent } from '../types.ts';
import type { Admission, Admissions, AskedCall, Caller, CallOptions } from '../v1/types.ts';
import { usedBy } from './used-by.ts';
import { worstCase } from './worst-case.ts';

/** Milliseconds; who is let in sooner does not notice that there was a queue. */
const unnoticed = 50;

/** Of a call that asks for nothing of what a header of `/v1` may, as the agent's do. */
export const plainOptions: CallOptions = {
  requestId: '',
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
  const admitting = admissions.admit(callerOf(request), plainOptions, asked, signal);
  if (await isWaiting(admitting)) yield waitingNotice(request);
  const admission = await admitting;
  const usages: UsageEntry[] = [];
  try {
    yield* gateway.stream(request, signal, (usage) => usages.push(usage));
  } finally {
    await admission.settle(usedBy(usages));
  }
}

function callerOf({ context }: ModelRequest): Caller {
  const own = { keyId: 'agent', keyName: 'the agent', models: null, limits: {}, budget: null };
  return { ...own, userId: context.userId };
}

function askedOf(request: ModelRequest): AskedCall {
  return worstCase(request.target, () => estimateInputTokens(request), request.settings.maxTokens ?? null);
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
