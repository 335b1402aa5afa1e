import { AttemptRecord } from '../ledger/attempt-record.ts';
import { PassthroughAttempt } from '../passthrough/attempt.ts';
import type { PassthroughResult, Sink } from '../passthrough/attempt.types.ts';
import { mostAnswerBytes } from '../passthrough/collected.ts';
import { askForUsage, BodyPatch } from '../passthrough/patch.ts';
import type { PassingRoute } from '../passthrough/plan.ts';
import type { TopLevel } from '../passthrough/top-level.ts';
import { estimateBody } from '../passthrough/estimate.ts';
import type { Call, Choice } from './call.ts';

/** One attempt in the client's own wire: the bytes go out as they came, beside the model's name and the wish for usage. */
export function passThrough(
  call: Call,
  choice: Choice,
  route: PassingRoute,
  attempt: number,
  sink: Sink,
): Promise<PassthroughResult> {
  const { parts, endpoint, top, streams, options, context } = call;
  const { target, connection } = choice.candidate;
  const dialect = { ...connection.dialect, ...target.dialect };
  const patch = new BodyPatch(top);
  for (const [name, value] of Object.entries(choice.override ?? {})) patch.set(name, value);
  if (call.model !== target.model) patch.set('model', target.model);
  if (
    endpoint.kind === 'answer' &&
    dialect.maxTokensField === 'max_completion_tokens' &&
    target.capabilities.reasoning
  )
    renameLimit(patch, top);
  const asksUsage = streams && endpoint.wire === 'openai-chat' && dialect.streamUsage !== false;
  const ownUsage = asksUsage && askForUsage(patch, top);
  const record = new AttemptRecord(parts.ledger, {
    requestId: options.requestId,
    context,
    target: choice.cost ? { ...target, cost: choice.cost } : target,
    streams,
    attempt,
    route: route.upstream.route,
    startedAt: parts.clock.now(),
    facts: { ...call.facts, endpoint: choice.candidate.id },
    estimateInput: () => estimateBody(top.body),
  });
  const passing = new PassthroughAttempt({
    transport: parts.transport,
    request: { ...route.request, body: patch.bytes() },
    upstream: route.upstream,
    watch: endpoint.watch({ dialect, ownUsage }),
    record,
    deadlines: parts.deadlines,
    mostBytes: mostAnswerBytes[endpoint.kind],
    sink,
  });
  call.running = passing;
  return passing.run();
}

/** OpenAI's reasoning models refuse the older name of the limit, which many clients write whatever the model. */
function renameLimit(patch: BodyPatch, top: TopLevel): void {
  if (!top.values.has('max_completion_tokens')) patch.rename('max_tokens', 'max_completion_tokens');
}
