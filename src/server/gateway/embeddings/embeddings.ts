import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { AttemptFailure } from '../attempt-failure.ts';
import { deadlines } from '../limits/deadlines.ts';
import { plainOptions } from '../limits/limited-gateway.ts';
import { usedBy } from '../limits/used-by.ts';
import { worstCase } from '../limits/worst-case.ts';
import { estimateBody } from '../passthrough/estimate.ts';
import { PassingRoutes } from '../passthrough/plan.ts';
import { HeliconeHealth } from '../routing/helicone-health.ts';
import { nothing } from '../routing/outcome.ts';
import { retryDelay } from '../routing/retry.ts';
import { Turns } from '../routing/turns.ts';
import { Transport } from '../upstreams/transport.ts';
import type { Caller, Candidate } from '../v1/types.ts';
import { attemptOf, type Attempt } from './attempt.ts';
import type { EmbeddingParts, EmbeddingsOptions } from './parts.ts';
import { readVectors } from './read-vectors.ts';
import type { EmbeddingAnswer, EmbeddingCall, Embeddings } from './types.ts';

/** What a call did so far. */
interface Progress {
  requestId: string;
  body: Buffer;
  usages: UsageEntry[];
  signal: AbortSignal;
}

export function createEmbeddings(options: EmbeddingsOptions): Embeddings {
  const limits = deadlines(options.deadlineScale);
  const parts: EmbeddingParts = {
    clock: { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
    random: Math.random,
    ...options,
    limits,
    transport: new Transport(limits.connect),
    routes: new PassingRoutes(options.helicone),
    health: new HeliconeHealth(options.deadlineScale),
  };
  return {
    embed: (call, signal) => admitted(parts, call, signal),
    close: () => parts.transport.close(),
  };
}

/** choose → admit → attempts → settle. */
async function admitted(
  parts: EmbeddingParts,
  call: EmbeddingCall,
  signal: AbortSignal,
): Promise<EmbeddingAnswer> {
  const [first, ...others] = parts.router.candidates(call.model, 'embeddings');
  // The router throws where there is none.
  if (!first) throw new CrosspointError('unknown_model', { model: call.model.slice(0, 200) });
  const ways = [first, ...others].map((candidate) => ({ candidate }));
  const body = Buffer.from(JSON.stringify({ ...call.extra, model: '', input: call.inputs }));
  const asked = worstCase(
    first.target,
    () => estimateBody(body),
    0,
    () => ways.map(({ candidate }) => candidate.target),
  );
  const admission = await parts.admissions?.admit(callerOf(call), plainOptions, asked, signal);
  const progress: Progress = { requestId: randomUUID(), body, usages: [], signal };
  try {
    return await answerFrom(parts, call, ways, progress);
  } finally {
    await admission?.settle(usedBy(progress.usages));
  }
}

/** Way after way until one answers; when all had their turn there is another round after a pause. */
async function answerFrom(
  parts: EmbeddingParts,
  call: EmbeddingCall,
  ways: readonly { candidate: Candidate }[],
  progress: Progress,
): Promise<EmbeddingAnswer> {
  const turns = new Turns(parts.router, ways);
  let way = turns.first();
  for (let number = 1; ; number++) {
    const attempt = attemptOf(parts, call, way.candidate, { ...progress, number });
    const result = await ranAttempt(parts, attempt, progress.signal);
    if (result.kind === 'answer') return answerOf(call, way.candidate, result, progress);
    if (result.kind === 'aborted') throw progress.signal.reason;
    const { failure } = result;
    if (failure.partial.usage) progress.usages.push(failure.partial.usage);
    noteFailure(parts, progress, way.candidate, failure, number);
    turns.failed(retryDelay(failure, turns.round, parts.random));
    const next = turns.next();
    if (!next) {
      if (turns.pauseMs === null) throw finalError(failure, number);
      await parts.clock.sleep(turns.pauseMs, progress.signal);
    }
    way = next ?? turns.nextRound();
  }
}

async function ranAttempt(parts: EmbeddingParts, attempt: Attempt, signal: AbortSignal) {
  let outcome = nothing;
  const stop = () => attempt.stop(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const ended = await attempt.run();
    outcome = ended.outcome;
    return ended.result;
  } finally {
    signal.removeEventListener('abort', stop);
    parts.router.report(attempt.candidate, outcome);
  }
}

function answerOf(
  { inputs }: EmbeddingCall,
  { target, connection }: Candidate,
  { usage, body }: { usage: UsageEntry; body: Buffer },
  { usages }: Progress,
): EmbeddingAnswer {
  usages.push(usage);
  const vectors = readVectors(body, inputs.length, connection.label);
  return { vectors, provider: target.provider, model: target.model, usage };
}

/** As the agent's other calls: the limits of its person and of the provider hold. */
function callerOf({ context }: EmbeddingCall): Caller {
  const own = { keyId: 'agent', keyName: 'the agent', models: null, limits: {}, budget: null };
  return { ...own, userId: context.userId };
}

function noteFailure(
  { logger }: EmbeddingParts,
  { requestId }: Progress,
  { target, id }: Candidate,
  { error, detail, heliconeFault }: AttemptFailure,
  attempt: number,
): void {
  const { provider, model } = target;
  const where = { requestId, provider, model, endpoint: id, attempt };
  logger.warn({ ...where, code: error.code, detail, heliconeFault }, 'an attempt to get vectors failed');
}

function finalError({ error, detail }: AttemptFailure, attempts: number): CrosspointError {
  const tries = attempts === 1 ? 'one try' : `${attempts} tries`;
  return new CrosspointError(error.code, { ...error.values, tries }, { cause: { detail } });
}
