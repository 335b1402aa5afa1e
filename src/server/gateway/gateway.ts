import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import { AnsweredHistories, assertAnswered } from './admit.ts';
import { isCallersStop, runAttempt, type AttemptResult } from './attempt.ts';
import type { AttemptFailure } from './attempt-failure.ts';
import type { GatewayClock, GatewayOptions } from './gateway-options.ts';
import { AttemptRecord } from './ledger/attempt-record.ts';
import { estimateInputTokens } from './ledger/estimate.ts';
import { DeadlineError, LinkedController, deadlines, type Deadlines } from './limits/deadlines.ts';
import { RatePauses } from './limits/rate-pauses.ts';
import { HeliconeHealth } from './routing/helicone-health.ts';
import { retryDelay } from './routing/retry.ts';
import { planRoutes, type Routes } from './routing/routes.ts';
import { UnstreamedModels } from './routing/unstreamed.ts';
import type { Connection, Gateway, ModelRequest, ModelStreamEvent, PartialAnswer } from './types.ts';
import { Transport } from './upstreams/transport.ts';
import { WrittenMessages } from './wires/written-messages.ts';

const systemClock: GatewayClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** The one way out to models: admit → route → attempt → settle. */
export function createGateway(options: GatewayOptions): Gateway {
  const limits = deadlines(options.deadlineScale);
  const parts: GatewayParts = {
    clock: systemClock,
    random: Math.random,
    logger: { warn: () => undefined },
    ...options,
    limits,
    transport: new Transport(limits.connect),
    written: new WrittenMessages(),
    histories: new AnsweredHistories(),
    health: new HeliconeHealth(options.deadlineScale),
    pauses: new RatePauses(),
    unstreamed: new UnstreamedModels(),
  };
  return {
    stream: (request, signal) => streamRequest(parts, request, signal),
    close: () => parts.transport.close(),
  };
}

interface GatewayParts extends Required<GatewayOptions> {
  limits: Deadlines;
  transport: Transport;
  written: WrittenMessages;
  histories: AnsweredHistories;
  health: HeliconeHealth;
  pauses: RatePauses;
  unstreamed: UnstreamedModels;
}

async function* streamRequest(
  parts: GatewayParts,
  given: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelStreamEvent> {
  const request = parts.unstreamed.applied(given);
  const requestId = randomUUID();
  assertAnswered(request, requestId, parts.histories, parts.logger);
  const connection = connectionOf(parts, request);
  const routes = planRoutes(request, connection, parts.helicone, parts.written);
  const whole = new LinkedController(signal);
  const total = setTimeout(() => whole.abort(new DeadlineError('total time')), parts.limits.total);
  try {
    yield* attempts({ ...parts, request, requestId, label: connection.label, signal: whole.signal }, routes);
  } finally {
    clearTimeout(total);
    whole.unlink();
  }
}

interface Call extends GatewayParts {
  request: ModelRequest;
  requestId: string;
  /** Of the provider, for sentences. */
  label: string;
  signal: AbortSignal;
}

/** Attempt after attempt until there is an answer or nothing more to try. */
async function* attempts(call: Call, routes: Routes): AsyncGenerator<ModelStreamEvent> {
  let { first: route, bypass } = routes;
  if (bypass && call.health.paused) {
    yield bypassNotice(call);
    [route, bypass] = [bypass, undefined];
  }
  yield* waitForOthers(call);
  let upstream = route.prepare(call.request);
  for (let attempt = 1, tries = 1; ; attempt++, tries++) {
    yield { type: 'started', attempt, route: route.name };
    const record = newRecord(call, attempt, route.name);
    const { transport, signal, limits, request } = call;
    const { target } = request;
    const result = yield* runAttempt({ transport, upstream, target, record, deadlines: limits, signal });
    if (result.kind === 'aborted') throw abortError(result.partial);
    noteHealth(call, result, route.name);
    const failure = result.kind === 'failure' ? result.failure : emptyAnswer(call, result, record);
    const afterMs = failure && retryDelay(failure, tries, call.random);
    if (result.kind === 'answer' && typeof afterMs !== 'number') {
      const { usage: _reported, ...finished } = result.answer;
      yield { type: 'finished', ...finished, usage: result.usage };
      return;
    }
    // Only an answer has no failure, and it has been given.
    if (!failure) return;
    logFailure(call, failure, attempt, route.name);
    if (bypass && failure.heliconeFault && !failure.streamed) {
      call.health.failed();
      yield bypassNotice(call);
      [route, bypass, tries] = [bypass, undefined, 0];
      upstream = route.prepare(request);
      continue;
    }
    if (failure.streamRefused) {
      call = withoutStream(call);
      yield notStreamedNotice(call);
      [upstream, tries] = [route.prepare(call.request), 0];
      continue;
    }
    if (typeof afterMs !== 'number') throw finalError(failure, attempt);
    yield { type: 'retrying', attempt: attempt + 1, afterMs, reason: failure.error.message };
    await pause(call, afterMs, failure, attempt);
  }
}

function connectionOf({ connections }: GatewayParts, { target }: ModelRequest): Connection {
  const connection = connections.get(target.provider);
  if (connection) return connection;
  const known = [...connections.keys()].join(', ');
  throw new CrosspointError('unknown_provider', { provider: target.provider, known });
}

function newRecord(call: Call, attempt: number, route: string): AttemptRecord {
  const { requestId, request, clock, ledger } = call;
  const { target, context, settings } = request;
  return new AttemptRecord(ledger, {
    requestId,
    context,
    target,
    streams: settings.stream !== false,
    attempt,
    route,
    startedAt: clock.now(),
    estimateInput: () => estimateInputTokens(request),
  });
}

/** Waits where another request was told to: its answer would be the same. */
async function* waitForOthers(call: Call): AsyncGenerator<ModelStreamEvent> {
  const afterMs = call.pauses.delay(call.request.target, call.random);
  if (!afterMs) return;
  const values = { provider: call.label, tries: 'one try' };
  const error = new CrosspointError('provider_rate_limited', values);
  yield { type: 'retrying', attempt: 1, afterMs, reason: error.message };
  const failure = { error, detail: '', streamed: false, heliconeFault: false, partial: { parts: [] } };
  await pause(call, afterMs, failure, 1);
}

/** What later requests learn from this one. */
function noteHealth(call: Call, result: AttemptResult, route: string): void {
  const { pauses, health, request } = call;
  if (result.kind === 'answer') {
    pauses.works(request.target);
    if (route.startsWith('helicone')) health.works();
  }
  if (result.kind !== 'failure') return;
  const { error, retryAfterMs, heliconeFault } = result.failure;
  if (error.code === 'provider_rate_limited' && retryAfterMs !== undefined && !heliconeFault)
    pauses.limited(request.target, retryAfterMs);
}

/** Visible, because Helicone's dashboards then miss what was asked directly. */
function bypassNotice({ label }: Call): ModelStreamEvent {
  const message = `Helicone does not work at the moment: ${label} is asked directly, and Helicone records nothing of it.`;
  return { type: 'notice', code: 'helicone_bypassed', message };
}

/** From now on, for every request to this model. */
function withoutStream(call: Call): Call {
  call.unstreamed.add(call.request.target);
  return { ...call, request: call.unstreamed.applied(call.request) };
}

function notStreamedNotice({ label, request }: Call): ModelStreamEvent {
  const message = `${label} does not stream ${request.target.model} for this key: its answers come whole, when they are finished.`;
  return { type: 'notice', code: 'not_streamed', message };
}

/** A whole answer without a word is asked for once more; the second one is taken as it is (fault F10). */
function emptyAnswer(
  { label }: Call,
  { answer, usage }: Extract<AttemptResult, { kind: 'answer' }>,
  record: AttemptRecord,
): AttemptFailure | null {
  if (answer.parts.length || answer.reason !== 'stop' || record.receivedCharacters) return null;
  const error = new CrosspointError('provider_empty_answer', { provider: label });
  return { error, detail: '', streamed: false, heliconeFault: false, partial: { parts: [], usage } };
}

function logFailure(call: Call, failure: AttemptFailure, attempt: number, route: string): void {
  const { requestId, request } = call;
  const { provider, model } = request.target;
  const { error, detail, streamed, heliconeFault } = failure;
  const where = { requestId, provider, model, route, attempt };
  call.logger.warn({ ...where, code: error.code, detail, streamed, heliconeFault }, 'a model attempt failed');
}

/** Waits; a stop while waiting ends the request as one during an attempt does. */
async function pause(call: Call, afterMs: number, failure: AttemptFailure, attempt: number): Promise<void> {
  try {
    await call.clock.sleep(afterMs, call.signal);
  } catch (cause) {
    if (!call.signal.aborted) throw cause;
    throw isCallersStop(call.signal) ? abortError(failure.partial) : finalError(failure, attempt);
  }
}

function abortError(partial: PartialAnswer): DOMException {
  return new DOMException('The request was stopped.', { name: 'AbortError', cause: { partial } });
}

/** What the caller gets: the number of tries in the sentence, and what had arrived beside it. */
function finalError({ error, detail, partial }: AttemptFailure, attempts: number): CrosspointError {
  const tries = attempts === 1 ? 'one try' : `${attempts} tries`;
  return new CrosspointError(error.code, { ...error.values, tries }, { cause: { partial, detail } });
}
