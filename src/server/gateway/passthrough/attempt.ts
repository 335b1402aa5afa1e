import type { IncomingHttpHeaders } from 'node:http';
import { CrosspointError } from '#protocol/errors.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import { errorFacts } from '../errors/error-facts.ts';
import type { AttemptEnding } from '../ledger/attempt-record.ts';
import { DeadlineError, type DeadlinePhase } from '../limits/deadlines.ts';
import { answerForm, responseFailure, streamFailure } from '../response-failure.ts';
import { readRetryAfter } from '../routing/retry.ts';
import type { Flow, Receiver } from '../upstreams/dispatch.ts';
import { describeFailure, cacheOf, factsOf, isFailure, type FailureFacts } from './attempt-facts.ts';
import type { PassthroughInput, PassthroughResult } from './attempt.types.ts';
import { Collected, mostErrorBytes } from './collected.ts';
import { PassingStream } from './event-stream.ts';
import { joinedHeaders } from './response-headers.ts';
import { Watchdog } from './watchdog.ts';
import { newSeen, type Seen } from './watch.ts';

/** One attempt whose answer is for the client as it is: reserve, send, watch, settle. */
export class PassthroughAttempt implements Receiver {
  readonly #input: PassthroughInput;
  readonly #stream: PassingStream;
  readonly #result = Promise.withResolvers<PassthroughResult>();
  readonly #started = performance.now();
  #flow: Flow | null = null;
  #headers: IncomingHttpHeaders = {};
  #form: 'stream' | 'whole' | 'refusal' = 'refusal';
  #collected = new Collected(mostErrorBytes);
  #status = 0;
  #begun = false;
  readonly #watchdog: Watchdog;
  /** Why it was ended by us. */
  #stopped: { error: Error; left: boolean } | null = null;
  /** The client has left; what comes is read for its usage alone. */
  #left = false;
  #over = false;

  constructor(input: PassthroughInput) {
    this.#input = input;
    this.#stream = new PassingStream(input.watch, input.upstream.subject.provider);
    this.#watchdog = new Watchdog(input.deadlines, (phase) => this.#late(phase));
  }

  async run(): Promise<PassthroughResult> {
    const { record, transport, request } = this.#input;
    await record.reserve();
    if (this.#left) {
      this.#settleAborted();
      return this.#result.promise;
    }
    const { streams } = this.#input.upstream;
    this.#watchdog.watch(streams ? 'first byte' : 'whole answer');
    transport.dispatch(request, this);
    return this.#result.promise;
  }

  /** The client went away: the answer is read on for a moment, because what it used is told at its end. */
  leave(): void {
    if (this.#over || this.#left) return;
    this.#left = true;
    this.#flow?.resume();
    this.#watchdog.drain(() => this.#stop(new Error('the client left'), true));
  }

  /** Ends it now, for a deadline of the whole request or the end of the process. */
  stop(error: Error, left: boolean): void {
    this.#stop(error, left);
  }

  begin(flow: Flow): void {
    this.#flow = flow;
    if (this.#stopped) flow.abort(this.#stopped.error);
  }

  head(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    this.#input.record.httpStatus = status;
    this.#input.record.cache = cacheOf(headers);
    this.#form = answerForm({ status, headers }, this.#input.upstream) ?? 'refusal';
    const announced = Number(headers['content-length'] ?? 0);
    if (this.#form === 'whole') this.#collected = new Collected(this.#input.mostBytes, announced);
  }

  data(chunk: Buffer): void {
    if (this.#over) return;
    if (this.#form !== 'stream') return this.#collect(chunk);
    try {
      this.#pass(this.#stream.push(chunk));
      if (this.#stream.seen.error !== undefined) this.#fail(this.#toldFailure(this.#stream.seen));
    } catch (cause) {
      this.#fail(cause);
    }
    if (this.#begun) this.#watchdog.refresh();
  }

  end(): void {
    if (this.#over) return;
    try {
      if (this.#form === 'stream') return this.#endStream();
      if (this.#form === 'whole') return this.#endWhole();
    } catch (cause) {
      return this.#fail(cause);
    }
    this.#refused();
  }

  fail(cause: Error): void {
    if (this.#over) return;
    if (this.#stopped?.left) return this.#settleAborted();
    // What a provider said before it hung up is still what it said.
    if (this.#form === 'refusal' && this.#status >= 400) return this.#refused();
    this.#fail(this.#stopped?.error ?? cause);
  }

  #collect(chunk: Buffer): void {
    if (this.#collected.add(chunk)) return;
    if (this.#form === 'whole')
      return this.#fail(new CrosspointError('provider_too_large', { provider: this.#provider }));
    this.#refused();
  }

  #pass(bytes: Buffer | null): void {
    const { record, sink } = this.#input;
    if (this.#stream.seen.meaningful && !this.#begun) record.received(0);
    if (!bytes || this.#left) return;
    if (!this.#begun) this.#begin();
    if (sink.write(bytes)) return;
    this.#flow?.pause();
    this.#watchdog.pause();
    sink.onDrain(() => this.#resume());
  }

  #resume(): void {
    if (this.#over) return;
    this.#flow?.resume();
    this.#watchdog.watch('between chunks');
  }

  #begin(): void {
    this.#begun = true;
    this.#watchdog.watch('between chunks');
    this.#input.sink.begin(this.#headers);
  }

  #endStream(): void {
    this.#pass(this.#stream.end());
    const { seen } = this.#stream;
    if (seen.error !== undefined) return this.#fail(this.#toldFailure(seen));
    if (!seen.ended) throw new CrosspointError('provider_stream_cut', { provider: this.#provider });
    this.#pass(this.#stream.release());
    this.#settle(seen);
  }

  #endWhole(): void {
    const seen = newSeen();
    const body = this.#collected.bytes();
    const answer = this.#collected.answer(this.#provider);
    this.#input.watch.whole(answer, seen);
    if (seen.error !== undefined) return this.#fail(this.#toldFailure(seen));
    if (!seen.ended) throw new CrosspointError('provider_protocol', { provider: this.#provider });
    this.#input.record.received(body.length);
    this.#settle(seen, { body, headers: this.#headers });
  }

  #settle(seen: Seen, whole?: { body: Buffer; headers: IncomingHttpHeaders }): void {
    if (this.#left) return this.#settleAborted();
    const usage = this.#close({ status: 'settled', ...factsOf(seen) });
    this.#result.resolve({ kind: 'answer', usage, ...(whole ? { whole } : {}) });
  }

  #settleAborted(): void {
    const usage = this.#close({ status: 'aborted', errorCode: 'aborted', ...factsOf(this.#stream.seen) });
    this.#result.resolve({ kind: 'aborted', usage });
  }

  /** An answer that is none of a model. */
  #refused(): void {
    const body = this.#collected.bytes();
    const { upstream } = this.#input;
    const headers = joinedHeaders(this.#headers);
    const response = { status: this.#status, headers, body: [body], release: () => undefined };
    this.#over = true;
    this.#flow?.abort(new Error('the attempt is over'));
    responseFailure(upstream, response).then(
      (failure) => this.#conclude(failure),
      (cause: Error) => this.#conclude(this.#describe(cause)),
    );
  }

  #fail(cause: unknown): void {
    this.#conclude(isFailure(cause) ? cause : this.#describe(cause));
  }

  #describe(cause: unknown): FailureFacts {
    const answered = this.#status >= 200 && this.#status < 300;
    return describeFailure(cause, this.#input.upstream, answered);
  }

  #conclude(known: FailureFacts): void {
    const after = readRetryAfter(joinedHeaders(this.#headers), Date.now());
    const ending = { errorCode: known.error.code, errorDetail: known.detail, ...factsOf(this.#stream.seen) };
    const usage = this.#close({ status: 'failed', ...ending });
    this.#result.resolve({
      kind: 'failure',
      failure: {
        ...known,
        streamed: this.#begun,
        httpStatus: this.#status || null,
        ...(after === undefined ? {} : { retryAfterMs: after }),
        partial: { parts: [], usage },
      },
    });
  }

  /** The row is written in the background: the client need not wait for it. */
  #close(ending: AttemptEnding): UsageEntry {
    const { record } = this.#input;
    this.#over = true;
    this.#watchdog.stop();
    if (ending.status !== 'settled') this.#flow?.abort(new Error('the attempt is over'));
    record.receivedCharacters ||= this.#stream.characters;
    const { usage, stored } = record.close(ending);
    stored.catch((cause: unknown) => this.#result.reject(cause));
    return usage;
  }

  #toldFailure({ error }: Seen): FailureFacts {
    return streamFailure(errorFacts(error), this.#input.upstream);
  }

  get #provider(): string {
    return this.#input.upstream.subject.provider;
  }

  /** A provider that has begun to talk is not silent: what it said so far is given to the client, and it has more time. */
  #late(phase: DeadlinePhase): void {
    if (phase === 'first byte' && this.#stream.hasPreamble && !this.#left)
      return this.#pass(this.#stream.release());
    this.#stop(new DeadlineError(phase), false);
  }

  #stop(error: Error, left: boolean): void {
    if (this.#over || this.#stopped) return;
    this.#stopped = { error, left };
    this.#flow?.abort(error);
    this.fail(error);
  }
}
