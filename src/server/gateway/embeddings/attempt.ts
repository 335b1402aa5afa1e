import { CrosspointError } from '#protocol/errors.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { AttemptFailure } from '../attempt-failure.ts';
import { AttemptRecord } from '../ledger/attempt-record.ts';
import { PassthroughAttempt } from '../passthrough/attempt.ts';
import type { PassthroughResult, Sink } from '../passthrough/attempt.types.ts';
import { mostAnswerBytes } from '../passthrough/collected.ts';
import { estimateBody } from '../passthrough/estimate.ts';
import { BodyPatch } from '../passthrough/patch.ts';
import type { PassingRoute } from '../passthrough/plan.ts';
import { scanTopLevel } from '../passthrough/top-level.ts';
import { watchChat } from '../passthrough/watch-chat.ts';
import { outcomeOf } from '../routing/outcome.ts';
import type { AttemptOutcome, Candidate } from '../v1/types.ts';
import type { EmbeddingParts } from './parts.ts';
import type { EmbeddingCall } from './types.ts';

type Ended =
  | { kind: 'answer'; usage: UsageEntry; body: Buffer }
  | { kind: 'failure'; failure: AttemptFailure }
  | { kind: 'aborted' };

/** One try of one way. */
export interface Attempt {
  candidate: Candidate;
  run(): Promise<{ result: Ended; outcome: AttemptOutcome }>;
  stop(reason: Error): void;
}

interface Sending {
  requestId: string;
  /** With an empty model. */
  body: Buffer;
  number: number;
}

/** Over Helicone where it is configured and works, else straight to the provider. */
export function attemptOf(
  parts: EmbeddingParts,
  call: EmbeddingCall,
  candidate: Candidate,
  sending: Sending,
): Attempt {
  const wish = {
    candidate,
    path: '/embeddings',
    headers: {},
    client: {},
    context: call.context,
    streams: false,
  };
  let running: PassthroughAttempt | null = null;
  const send = (route: PassingRoute) => {
    running = passing(parts, call, candidate, route, sending);
    return running.run();
  };
  return {
    candidate,
    async run() {
      const through = parts.routes.helicone(wish);
      const result = through
        ? await withBypass(
            parts,
            () => send(through),
            () => send(parts.routes.direct(wish)),
          )
        : await send(parts.routes.direct(wish));
      return { result: endedOf(result, candidate), outcome: outcomeOf(result) };
    },
    stop: (reason) => running?.stop(reason, true),
  };
}

/** Directly when Helicone itself fails, and for a while after it did. */
async function withBypass(
  { health, helicone }: EmbeddingParts,
  through: () => Promise<PassthroughResult>,
  directly: () => Promise<PassthroughResult>,
): Promise<PassthroughResult> {
  if (health.paused && helicone.bypass) return directly();
  const result = await through();
  if (result.kind === 'answer') health.works();
  if (result.kind !== 'failure' || !result.failure.heliconeFault || !helicone.bypass) return result;
  health.failed();
  return directly();
}

function passing(
  parts: EmbeddingParts,
  { context }: EmbeddingCall,
  { target, connection, id }: Candidate,
  { request, upstream }: PassingRoute,
  { requestId, body, number }: Sending,
): PassthroughAttempt {
  const patch = new BodyPatch(scanTopLevel(body));
  patch.set('model', target.model);
  const record = new AttemptRecord(parts.ledger, {
    requestId,
    context,
    target,
    streams: false,
    attempt: number,
    route: upstream.route,
    startedAt: parts.clock.now(),
    facts: { endpoint: id },
    estimateInput: () => estimateBody(body),
  });
  return new PassthroughAttempt({
    transport: parts.transport,
    request: { ...request, body: patch.bytes() },
    upstream,
    watch: watchChat({ dialect: { ...connection.dialect, ...target.dialect }, ownUsage: false }),
    record,
    deadlines: parts.limits,
    mostBytes: mostAnswerBytes.embeddings,
    sink: noStream,
  });
}

/** Vectors come as a whole: what a server streams all the same is none of its protocol. */
const noStream: Sink = { begin: () => undefined, write: () => true, onDrain: () => undefined };

function endedOf(result: PassthroughResult, { connection }: Candidate): Ended {
  if (result.kind !== 'answer') return result;
  if (result.whole) return { kind: 'answer', usage: result.usage, body: result.whole.body };
  const error = new CrosspointError('provider_protocol', { provider: connection.label });
  const partial = { parts: [], usage: result.usage };
  return { kind: 'failure', failure: { error, detail: '', streamed: true, heliconeFault: false, partial } };
}
