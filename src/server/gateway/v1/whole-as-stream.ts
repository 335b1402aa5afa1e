import { CrosspointError } from '#protocol/errors.ts';
import { clientWires } from '../clients/index.ts';
import { namedAs } from '../connection-failure.ts';
import { estimateBody } from '../passthrough/estimate.ts';
import type { PassthroughResult, Sink } from '../passthrough/attempt.types.ts';
import { eventJson } from '../wires/event-json.ts';
import { wires } from '../wires/index.ts';
import type { Call, Choice } from './call.ts';

type Answered = Extract<PassthroughResult, { kind: 'answer' }>;

/**
 * A server that cannot stream a request, such as older local ones with tools, answers it whole though asked for a stream.
 * Its client waits for events, so it gets the answer as those of its wire.
 */
export function wholeAsStream(call: Call, choice: Choice, result: Answered, sink: Sink): PassthroughResult {
  const { whole, usage } = result;
  if (!whole) return result;
  try {
    const { text, contentType } = eventsOf(call, choice, whole.body, usage);
    sink.begin({ ...whole.headers, 'content-type': contentType });
    sink.write(Buffer.from(text));
    return { kind: 'answer', usage };
  } catch (cause) {
    const { label: provider } = choice.candidate.connection;
    const error =
      cause instanceof CrosspointError
        ? namedAs(provider, cause)
        : new CrosspointError('provider_protocol', { provider }, { cause });
    const detail = 'a whole answer to a request for a stream';
    return {
      kind: 'failure',
      failure: { error, detail, streamed: false, heliconeFault: false, partial: { parts: [], usage } },
    };
  }
}

function eventsOf(call: Call, { candidate }: Choice, body: Buffer, usage: Answered['usage']) {
  const { endpoint, options, top, parts } = call;
  const target = { ...candidate.target, wire: endpoint.wire };
  const reader = wires[endpoint.wire].reader(target, { ...candidate.connection.dialect, ...target.dialect });
  const deltas = reader.readBody(eventJson({ event: 'message', data: body.toString('utf8') }, target));
  const writer = clientWires[endpoint.wire].writer(call.read(), {
    id: options.requestId.replaceAll('-', ''),
    model: reader.servedModel ?? target.model,
    created: Math.floor(parts.clock.now() / 1_000),
    estimateInput: () => estimateBody(top.body),
    remember: (callIds, answered) => parts.kept.remember(call.caller.userId, callIds, answered),
  });
  const text = deltas.map((delta) => writer.push(delta)).join('') + writer.end(reader.end(), usage);
  return { text, contentType: writer.contentType };
}
