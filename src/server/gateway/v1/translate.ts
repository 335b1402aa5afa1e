import type { AttemptResult } from '../attempt.ts';
import { runAttempt } from '../attempt.ts';
import type { ClientWriter } from '../clients/client-wire.ts';
import { clientWires } from '../clients/index.ts';
import { modelRequest } from '../clients/to-request.ts';
import { AttemptRecord } from '../ledger/attempt-record.ts';
import { estimateInputTokens } from '../ledger/estimate.ts';
import type { PassthroughResult, Sink } from '../passthrough/attempt.types.ts';
import type { ModelRequest } from '../types.ts';
import type { Route } from '../upstreams/upstream.ts';
import type { Call, Choice } from './call.ts';
import type { Stoppable } from './active-calls.ts';

/** The client's call as the model of this choice takes it. @throws CrosspointError for what cannot be said to it */
export function translated(call: Call, { candidate }: Choice): ModelRequest {
  const { target, connection } = candidate;
  const asked = call.read();
  const projected = call.parts.project(
    asked.transcript(target, (firstCallId) => call.parts.kept.recall(call.caller.userId, firstCallId)),
    target,
  );
  return call.parts.unstreamed.applied(
    modelRequest(asked, target, projected, call.context, connection.dialect),
  );
}

/** One attempt in another wire than the client's: what the model says is written anew, event by event. */
export async function translate(
  call: Call,
  request: ModelRequest,
  { candidate: { id: endpoint }, cost }: Choice,
  route: Route,
  attempt: number,
  sink: Sink,
): Promise<PassthroughResult> {
  const { parts, options, streams } = call;
  const upstream = route.prepare(request);
  const record = new AttemptRecord(parts.ledger, {
    requestId: options.requestId,
    context: call.context,
    target: cost ? { ...request.target, cost } : request.target,
    streams: upstream.streams,
    attempt,
    route: upstream.route,
    startedAt: parts.clock.now(),
    facts: { ...call.facts, endpoint: endpoint },
    estimateInput: () => estimateInputTokens(request),
  });
  const writer = clientWires[call.endpoint.wire].writer(call.read(), {
    id: options.requestId.replaceAll('-', ''),
    // As in the client's own wire, where the provider's bytes say it.
    get model() {
      return record.servedModel ?? request.target.model;
    },
    created: Math.floor(parts.clock.now() / 1_000),
    estimateInput: () => estimateInputTokens(request),
    remember: (callIds, answered) => parts.kept.remember(call.caller.userId, callIds, answered),
  });
  const output = new Output(call, writer, streams ? sink : null);
  const stopper = new Stopper(parts.deadlines.drain);
  call.running = stopper;
  const { transport, deadlines } = parts;
  const { target } = request;
  try {
    const running = runAttempt({ transport, upstream, target, record, deadlines, signal: stopper.signal });
    for (;;) {
      const next = await running.next();
      if (next.done) return output.conclude(next.value);
      await output.write(writer.push(next.value));
    }
  } finally {
    stopper.over();
  }
}

/** Where the text of a writer goes: to the client at once, or into one body. */
class Output {
  readonly #call: Call;
  readonly #writer: ClientWriter;
  readonly #sink: Sink | null;
  #text = '';
  #begun = false;

  constructor(call: Call, writer: ClientWriter, sink: Sink | null) {
    this.#call = call;
    this.#writer = writer;
    this.#sink = sink;
  }

  /** Resolves when the client takes more. */
  write(text: string): Promise<void> | undefined {
    if (!text || this.#call.exchange.left) return;
    if (!this.#sink) {
      this.#text += text;
      return;
    }
    if (!this.#begun) this.#begin(this.#sink);
    if (this.#sink.write(Buffer.from(text))) return;
    return this.#drained(this.#sink);
  }

  conclude(result: AttemptResult): PassthroughResult {
    if (result.kind === 'failure')
      return { kind: 'failure', failure: { ...result.failure, streamed: this.#begun } };
    const { usage } = result.kind === 'aborted' ? result.partial : result;
    if (result.kind === 'aborted' || !usage) return { kind: 'aborted', ...(usage ? { usage } : {}) };
    void this.write(this.#writer.end(result.answer, usage));
    if (this.#sink) return { kind: 'answer', usage };
    return { kind: 'answer', usage, whole: { body: Buffer.from(this.#text), headers: {} } };
  }

  #begin(sink: Sink): void {
    this.#begun = true;
    this.#call.exchange.failing = (failure) => this.#writer.fail(failure);
    sink.begin({ 'content-type': this.#writer.contentType });
  }

  /** A client that leaves never drains: then there is nothing to wait for. */
  #drained(sink: Sink): Promise<void> {
    return new Promise((resolve) => {
      sink.onDrain(resolve);
      this.#call.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

/** Ends an attempt from outside. */
class Stopper implements Stoppable {
  readonly #controller = new AbortController();
  readonly #drainMs: number;
  #drain: NodeJS.Timeout | undefined;

  constructor(drainMs: number) {
    this.#drainMs = drainMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The answer is read on for a moment: what it used is told at its end. */
  leave(): void {
    this.#drain ??= setTimeout(() => this.#controller.abort(new Error('the client left')), this.#drainMs);
  }

  stop(error: Error): void {
    this.#controller.abort(error);
  }

  over(): void {
    clearTimeout(this.#drain);
  }
}
