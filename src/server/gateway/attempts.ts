import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import { isCallersStop, runAttempt, type AttemptResult } from './attempt.ts';
import type { AttemptFailure } from './attempt-failure.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { AttemptRecord } from './ledger/attempt-record.ts';
import { estimateInputTokens } from './ledger/estimate.ts';
import type { Deadlines } from './limits/deadlines.ts';
import type { HeliconeHealth } from './routing/helicone-health.ts';
import type { KeyRouter } from './routing/key-router.ts';
import { outcomeOf } from './routing/outcome.ts';
import { retryDelay } from './routing/retry.ts';
import type { Routes } from './routing/routes.ts';
import { Turns } from './routing/turns.ts';
import type { UnstreamedModels } from './routing/unstreamed.ts';
import type { ModelRequest, ModelStreamEvent, OnUsage, PartialAnswer } from './types.ts';
import type { Transport } from './upstreams/transport.ts';
import type { Route } from './upstreams/upstream.ts';
import type { Candidate } from './v1/types.ts';
import type { WireDelta } from './wires/wire.ts';
import type { WrittenMessages } from './wires/written-messages.ts';

/** What the calls of one gateway share. */
export interface CallParts extends Pick<
  Required<GatewayOptions>,
  'helicone' | 'ledger' | 'logger' | 'clock' | 'random'
> {
  router: KeyRouter;
  limits: Deadlines;
  transport: Transport;
  written: WrittenMessages;
  health: HeliconeHealth;
  unstreamed: UnstreamedModels;
}

export interface Call extends CallParts {
  request: ModelRequest;
  requestId: string;
  /** Of the provider, for sentences. */
  label: string;
  signal: AbortSignal;
  onUsage: OnUsage | undefined;
}

/** One key of the provider, and the routes to it. */
export interface KeyWay {
  candidate: Candidate;
  routes: Routes;
}

/** The way that is being tried. */
interface Turn {
  way: KeyWay;
  route: Route;
  bypass: Route | undefined;
}

/** Attempt after attempt until there is an answer or nothing more to try: another key at once, the same ones after a pause. */
export async function* attempts(call: Call, ways: readonly KeyWay[]): AsyncGenerator<ModelStreamEvent> {
  yield* waitForOthers(call, ways);
  const turns = new Turns(call.router, ways);
  let turn = turnOf(call, turns.first());
  if (turn.route === turn.way.routes.bypass) yield bypassNotice(call);
  for (let attempt = 1; ; attempt++) {
    yield { type: 'started', attempt, route: turn.route.name };
    const record = newRecord(call, attempt, turn);
    const result = yield* tried(call, turn, record);
    if (result.kind === 'aborted') throw abortError(result.partial);
    if (result.kind === 'answer' && turn.route.name.startsWith('helicone')) call.health.works();
    const failure = result.kind === 'failure' ? result.failure : emptyAnswer(call, result, record);
    const afterMs = failure && retryDelay(failure, turns.round, call.random);
    if (result.kind === 'answer' && typeof afterMs !== 'number') {
      const { usage: _reported, ...finished } = result.answer;
      yield { type: 'finished', ...finished, usage: result.usage };
      return;
    }
    // Only an answer has no failure, and it has been given.
    if (!failure) return;
    logFailure(call, failure, attempt, turn);
    if (turn.bypass && failure.heliconeFault && !failure.streamed) {
      call.health.failed();
      yield bypassNotice(call);
      turns.renew(turn.way);
      turn = { way: turn.way, route: turn.bypass, bypass: undefined };
      continue;
    }
    if (failure.streamRefused) {
      call = withoutStream(call);
      yield notStreamedNotice(call);
      turns.renew(turn.way);
      continue;
    }
    turns.failed(afterMs ?? null);
    const other = !failure.streamed && keyMatters.has(failure.error.code) ? turns.next() : null;
    const pauseMs = other ? 0 : turns.pauseMs;
    if (failure.streamed || pauseMs === null) throw finalError(failure, attempt);
    yield { type: 'retrying', attempt: attempt + 1, afterMs: pauseMs, reason: failure.error.message };
    if (!other) await pause(call, pauseMs, failure, attempt);
    turn = turnOf(call, other ?? turns.nextRound());
  }
}

/** What another key of the same provider may mend. What does not reach its address fails with every key. */
const keyMatters = new Set<ErrorCode>([
  'provider_rate_limited',
  'provider_overloaded',
  'provider_auth',
  'provider_forbidden',
  'provider_no_credit',
  'provider_model_not_found',
]);

/** While Helicone does not work, straight to the provider. */
function turnOf({ health }: Call, way: KeyWay): Turn {
  const { first, bypass } = way.routes;
  return bypass && health.paused ? { way, route: bypass, bypass: undefined } : { way, route: first, bypass };
}

async function* tried(
  call: Call,
  { way, route }: Turn,
  record: AttemptRecord,
): AsyncGenerator<WireDelta, AttemptResult> {
  const { router, transport, signal, limits, request } = call;
  const upstream = route.prepare(request);
  const { target } = request;
  const result = yield* runAttempt({ transport, upstream, target, record, deadlines: limits, signal });
  router.report(way.candidate, outcomeOf(result));
  return result;
}

function newRecord(call: Call, attempt: number, { way, route }: Turn): AttemptRecord {
  const { requestId, request, clock, ledger } = call;
  const { target, context, settings } = request;
  return new AttemptRecord(ledger, {
    requestId,
    context,
    target,
    streams: settings.stream !== false,
    attempt,
    route: route.name,
    startedAt: clock.now(),
    facts: { endpoint: way.candidate.id },
    estimateInput: () => estimateInputTokens(request),
    onUsage: call.onUsage,
  });
}

/** Waits where other requests were told to, with every key: the answer would be the same. */
async function* waitForOthers(call: Call, ways: readonly KeyWay[]): AsyncGenerator<ModelStreamEvent> {
  const left = call.router.waitMs(ways.map(({ candidate }) => candidate));
  if (!left) return;
  const afterMs = Math.ceil(left + call.random() * Math.min(1_000, left / 10));
  const values = { provider: call.label, tries: 'one try' };
  const error = new CrosspointError('provider_rate_limited', values);
  yield { type: 'retrying', attempt: 1, afterMs, reason: error.message };
  const failure = { error, detail: '', streamed: false, heliconeFault: false, partial: { parts: [] } };
  await pause(call, afterMs, failure, 1);
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

function logFailure(call: Call, failure: AttemptFailure, attempt: number, { way, route }: Turn): void {
  const { requestId, request } = call;
  const { provider, model } = request.target;
  const { error, detail, streamed, heliconeFault } = failure;
  const where = { requestId, provider, model, endpoint: way.candidate.id, route: route.name, attempt };
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
