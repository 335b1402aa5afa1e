import type { AttemptFailure } from '../attempt-failure.ts';
import type { PassthroughResult } from '../passthrough/attempt.types.ts';
import type { PassingRoute, RouteWish } from '../passthrough/plan.ts';
import { hasEnvelope } from '../clients/envelope.ts';
import { isLimitOfProvider } from '../limits/refusal.ts';
import { nothing, outcomeOf } from '../routing/outcome.ts';
import { retryDelay } from '../routing/retry.ts';
import { planRoutes } from '../routing/routes.ts';
import { Turns } from '../routing/turns.ts';
import type { Route } from '../upstreams/upstream.ts';
import type { Call, Choice } from './call.ts';
import { ClientSink } from './client-sink.ts';
import { passThrough } from './pass.ts';
import { translate, translated } from './translate.ts';
import type { RetryOptions } from './types.ts';
import { wholeAsStream } from './whole-as-stream.ts';

export type Outcome =
  | { kind: 'answer'; choice: Choice; whole?: Extract<PassthroughResult, { kind: 'answer' }>['whole'] }
  | { kind: 'failure'; choice: Choice; failure: AttemptFailure }
  | { kind: 'left' };

/** Milliseconds; a longer wait is no wait but a refusal. */
const longestRetryAfter = 60_000;

/**
 * Choice after choice until one answers. A failure moves on at once while another choice may be tried; when all had their
 * turn there is another round after a pause. Nothing is tried any more once the client has a byte of an answer.
 */
export async function answerFrom(call: Call): Promise<Outcome> {
  const { parts, choices, options } = call;
  const turns = new Turns(parts.router, choices);
  let choice = turns.first();
  for (let attempt = 0, tries = 1; ;) {
    const refusal = await refusedByLimit(call, choice);
    const result = refusal ?? (await oneAttempt(call, choice, ++attempt));
    call.running = null;
    if (result.kind !== 'failure') return ended(call, choice, result);
    const { failure } = result;
    if (failure.partial.usage) call.usages.push(failure.partial.usage);
    noteFailure(call, choice, failure, attempt);
    if (failure.streamed || call.signal.aborted) return { kind: 'failure', choice, failure };
    if (failure.streamRefused) {
      parts.unstreamed.add(choice.candidate.target);
      turns.renew(choice);
      continue;
    }
    const again = refusal ? null : options.retry && askedDelay(options.retry, failure, tries, parts.random);
    if (again !== null) {
      if (!(await pause(call, again))) return { kind: 'left' };
      turns.again(choice);
      tries++;
      continue;
    }
    turns.failed(options.retry ? null : retryDelay(failure, turns.round, parts.random));
    const movesOn = choices.length === 1 || choice.movesOn(statusOf(failure));
    const next = movesOn ? turns.next() : null;
    if (!next) {
      const { pauseMs } = turns;
      if (pauseMs === null || !movesOn) return { kind: 'failure', choice, failure };
      if (!(await pause(call, pauseMs))) return { kind: 'left' };
    }
    choice = next ?? turns.nextRound();
    tries = 1;
  }
}

function ended(
  { usages }: Call,
  choice: Choice,
  result: Exclude<PassthroughResult, { kind: 'failure' }>,
): Outcome {
  if (result.usage) usages.push(result.usage);
  if (result.kind === 'aborted') return { kind: 'left' };
  return { kind: 'answer', choice, ...(result.whole ? { whole: result.whole } : {}) };
}

/** A provider whose own limits have no room fails as one that refuses: the next choice is tried. null: there is room. */
async function refusedByLimit(call: Call, choice: Choice): Promise<PassthroughResult | null> {
  try {
    await call.admitted?.moveTo(choice);
    return null;
  } catch (error) {
    call.parts.router.report(choice.candidate, nothing);
    if (call.signal.aborted) return { kind: 'aborted' };
    if (!isLimitOfProvider(error)) throw error;
    const retryAfterMs = Number(error.values.retryAfterMs);
    const found = { error, detail: '', streamed: false, heliconeFault: false, retryAfterMs };
    return { kind: 'failure', failure: { ...found, partial: { parts: [] } } };
  }
}

async function oneAttempt(call: Call, choice: Choice, attempt: number): Promise<PassthroughResult> {
  let result: PassthroughResult | null = null;
  try {
    result = await (passes(call, choice) ? passed(call, choice, attempt) : rewritten(call, choice, attempt));
    return result;
  } finally {
    // That a server cannot count says nothing about its answers.
    const outcome = result && call.endpoint.kind !== 'count' ? outcomeOf(result) : nothing;
    call.parts.router.report(choice.candidate, outcome);
  }
}

/** Whether the provider's own bytes are for this client. Helicone's unified gateway has a dialect of its own. */
function passes({ parts, endpoint, top, streams }: Call, { candidate }: Choice): boolean {
  const { target, connection } = candidate;
  if (endpoint.kind !== 'answer') return true;
  if (target.wire !== endpoint.wire && !connection.alsoSpeaks?.(endpoint.wire, target.model)) return false;
  // The provider refused to stream: it is asked for a whole answer, and the client gets it as events.
  if (streams && parts.unstreamed.has(target)) return false;
  // Reasoning of another provider that this client kept for us: its own provider could not read it.
  if (hasEnvelope(top.body)) return false;
  return parts.helicone.key === null || parts.helicone.mode === 'proxy' || connection.embedded !== undefined;
}

async function passed(call: Call, choice: Choice, attempt: number): Promise<PassthroughResult> {
  const sink = sinkFor(call, choice, attempt);
  const result = await sent(call, choice, attempt, sink);
  const isWhole = result.kind === 'answer' && result.whole !== undefined;
  return isWhole && call.streams ? wholeAsStream(call, choice, result, sink) : result;
}

function sent(call: Call, choice: Choice, attempt: number, sink: ClientSink): Promise<PassthroughResult> {
  const { parts } = call;
  const wish = wishFor(call, choice);
  const through = parts.helicone.key === null ? null : parts.routes.helicone(wish);
  const go = (route: PassingRoute) => passThrough(call, choice, route, attempt, sink);
  if (!through) return go(parts.routes.direct(wish));
  return withBypass(
    call,
    () => go(through),
    () => go(parts.routes.direct(wish)),
  );
}

function rewritten(call: Call, choice: Choice, attempt: number): Promise<PassthroughResult> {
  const { parts } = call;
  const request = translated(call, choice);
  const { first, bypass } = planRoutes(request, choice.candidate.connection, parts.helicone, parts.written);
  const sink = sinkFor(call, choice, attempt);
  const go = (route: Route) => translate(call, request, choice, route, attempt, sink);
  return bypass
    ? withBypass(
        call,
        () => go(first),
        () => go(bypass),
      )
    : go(first);
}

/** Directly when Helicone itself fails, and for a while after it did. */
async function withBypass(
  { parts, usages }: Call,
  through: () => Promise<PassthroughResult>,
  directly: () => Promise<PassthroughResult>,
): Promise<PassthroughResult> {
  const { health, helicone } = parts;
  if (health.paused && helicone.bypass) return directly();
  const result = await through();
  if (result.kind === 'answer') health.works();
  const failed = result.kind === 'failure' && result.failure.heliconeFault && !result.failure.streamed;
  if (!failed || !helicone.bypass) return result;
  health.failed();
  if (result.failure.partial.usage) usages.push(result.failure.partial.usage);
  return directly();
}

function sinkFor(call: Call, choice: Choice, attempt: number): ClientSink {
  return new ClientSink(call.exchange, () => answerHeaders(choice, attempt), call.keep);
}

function wishFor(call: Call, { candidate }: Choice): RouteWish {
  const { endpoint, exchange, context, streams } = call;
  return {
    candidate,
    path: endpoint.upstreamPath,
    headers: endpoint.headers,
    client: exchange.request.headers,
    context,
    streams,
  };
}

/** Who answers, and after how many attempts. */
export function answerHeaders({ candidate }: Choice, attempt: number): [string, string][] {
  const { provider, model } = candidate.target;
  return [
    ['Helicone-Provider', provider],
    ['Helicone-Model', headerText(model)],
    ['Crosspoint-Attempts', String(attempt)],
  ];
}

function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, (part) => encodeURIComponent(part));
}

/** What `helicone-retry-*` asks for: exactly so many tries, after 429, 5xx and where no answer came. */
function askedDelay(
  { tries: most, factor, minMs, maxMs }: RetryOptions,
  failure: AttemptFailure,
  tries: number,
  random: () => number,
): number | null {
  const status = statusOf(failure);
  if (tries >= most || (status !== 429 && status < 500)) return null;
  const backoff = Math.min(maxMs, Math.round((1 + random()) * Math.max(1, minMs) * factor ** (tries - 1)));
  const asked = failure.retryAfterMs ?? 0;
  return asked > longestRetryAfter ? null : Math.max(backoff, asked);
}

/** As the provider answered; where it did not, as a gateway says it. */
function statusOf({ httpStatus, error }: AttemptFailure): number {
  return httpStatus && httpStatus >= 300 ? httpStatus : error.status;
}

/** @returns false when the client left meanwhile */
async function pause(call: Call, ms: number): Promise<boolean> {
  try {
    await call.parts.clock.sleep(ms, call.signal);
    return true;
  } catch (cause) {
    if (call.signal.aborted) return false;
    throw cause;
  }
}

function noteFailure(call: Call, { candidate }: Choice, failure: AttemptFailure, attempt: number): void {
  const { provider, model } = candidate.target;
  const { error, detail, streamed, heliconeFault } = failure;
  const where = { requestId: call.options.requestId, provider, model, endpoint: candidate.id, attempt };
  call.parts.logger.warn(
    { ...where, code: error.code, detail, streamed, heliconeFault },
    'a model attempt of /v1 failed',
  );
}
