import { CrosspointError } from '#protocol/errors.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { AttemptFailure } from './attempt-failure.ts';
import { connectionFailure } from './connection-failure.ts';
import { assertText, deltaText } from './delta-text.ts';
import { StreamError } from './errors/stream-error.ts';
import type { AttemptRecord } from './ledger/attempt-record.ts';
import { LinkedController, type Deadlines } from './limits/deadlines.ts';
import { answerForm, responseFailure, streamFailure } from './response-failure.ts';
import { readRetryAfter } from './routing/retry.ts';
import { SseParser } from './sse.ts';
import type { PartialAnswer, Target } from './types.ts';
import { endIteration, type Transport } from './upstreams/transport.ts';
import type { UpstreamRequest, UpstreamResponse } from './upstreams/upstream.ts';
import { WholeBody } from './whole-body.ts';
import type { WireAnswer, WireDelta, WirePartial, WireReader } from './wires/wire.ts';

/** Bytes of one answer (security limits, section 2.4). */
const maxResponse = 8 * 1_048_576;

export interface AttemptInput {
  transport: Transport;
  upstream: UpstreamRequest;
  target: Target;
  record: AttemptRecord;
  deadlines: Deadlines;
  /** The caller's stop and the total deadline. */
  signal: AbortSignal;
}

export type AttemptResult =
  | { kind: 'answer'; answer: WireAnswer; usage: UsageEntry }
  | { kind: 'failure'; failure: AttemptFailure }
  | { kind: 'aborted'; partial: PartialAnswer };

/**
 * One attempt: reserve, send, read, settle. Gives the deltas as they arrive; the row is settled whatever happens, also
 * when the caller stops listening.
 */
export async function* runAttempt(input: AttemptInput): AsyncGenerator<WireDelta, AttemptResult> {
  const attempt = new Attempt(input);
  await input.record.reserve();
  try {
    const reader = await attempt.open();
    if (!reader) return await attempt.fail(attempt.refusal);
    for (;;) {
      const deltas = await attempt.next(reader);
      if (!deltas) return await attempt.finish(reader.end());
      for (const delta of deltas) yield delta;
    }
  } catch (cause) {
    return await attempt.fail(cause);
  } finally {
    await attempt.close();
  }
}

class Attempt {
  refusal: unknown;
  readonly #input: AttemptInput;
  readonly #controller: LinkedController;
  readonly #started = performance.now();
  #response: UpstreamResponse | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  readonly #parser: SseParser;
  /** Of an answer that comes as a whole, until it is read. */
  #whole: WholeBody | undefined;
  #reader: WireReader | undefined;
  #bytes = 0;
  #broken: unknown;
  #streamed = false;

  constructor(input: AttemptInput) {
    this.#input = input;
    this.#controller = new LinkedController(input.signal);
    this.#parser = new SseParser(input.upstream.subject.provider);
  }

  /** Sends the request. null when the answer is none of a model; `refusal` is then what it is. */
  async open(): Promise<WireReader | null> {
    const { transport, upstream, target, record } = this.#input;
    this.#controller.signal.throwIfAborted();
    const response = await this.#within('first byte', transport.send(upstream, this.#controller.signal));
    this.#response = response;
    record.httpStatus = response.status;
    record.cache = cacheHeader(response.headers);
    const form = answerForm(response, upstream);
    if (!form) {
      this.refusal = await this.#within('first byte', responseFailure(upstream, response));
      return null;
    }
    if (form === 'whole') this.#whole = new WholeBody();
    this.#chunks = response.body[Symbol.asyncIterator]();
    this.#reader = upstream.codec.reader(target, upstream.dialect);
    return this.#reader;
  }

  /** What the next bytes tell, or null at the end of the answer. */
  async next(reader: WireReader): Promise<WireDelta[] | null> {
    if (this.#broken !== undefined) throw this.#broken;
    if (reader.done) return null;
    const phase = this.#bytes === 0 ? 'first byte' : 'between chunks';
    const chunk = await this.#within(phase, (this.#chunks as AsyncIterator<Uint8Array>).next());
    if (chunk.done) return this.#readWhole(reader);
    this.#bytes += chunk.value.byteLength;
    if (this.#bytes > maxResponse)
      throw new CrosspointError('provider_too_large', { provider: this.#input.upstream.subject.provider });
    if (!this.#whole) return this.#read((deltas) => this.#readEvents(reader, chunk.value, deltas));
    this.#whole.add(chunk.value);
    return [];
  }

  #readWhole(reader: WireReader): WireDelta[] | null {
    const whole = this.#whole;
    this.#whole = undefined;
    if (!whole) return null;
    const { target } = this.#input;
    return this.#read((deltas) => deltas.push(...whole.read(reader, target).map(assertText)));
  }

  #readEvents(reader: WireReader, bytes: Uint8Array, deltas: WireDelta[]): void {
    for (const event of this.#parser.push(bytes)) {
      if (!reader.done) deltas.push(...reader.push(event).map(assertText));
    }
  }

  async finish(answer: WireAnswer): Promise<AttemptResult> {
    const { record } = this.#input;
    const { reason, usage: reported, servedModel } = answer;
    const served = servedModel ? { servedModel } : {};
    this.#response?.release();
    this.#response = undefined;
    const usage = await record.settle({ status: 'settled', reported, finishReason: reason, ...served });
    return { kind: 'answer', answer, usage };
  }

  async fail(cause: unknown): Promise<AttemptResult> {
    const { record, signal } = this.#input;
    if (record.settled) throw cause;
    const kept: WirePartial = this.#reader?.partial() ?? { parts: [], usage: null };
    const ended = { reported: kept.usage, ...(kept.servedModel ? { servedModel: kept.servedModel } : {}) };
    const failure = this.#describe(cause);
    if (isCallersStop(signal)) {
      const usage = await record.settle({ status: 'aborted', errorCode: 'aborted', ...ended });
      return { kind: 'aborted', partial: { parts: kept.parts, usage } };
    }
    const usage = await record.settle({
      status: 'failed',
      errorCode: failure.error.code,
      errorDetail: failure.detail,
      ...ended,
    });
    return { kind: 'failure', failure: { ...failure, partial: { parts: kept.parts, usage } } };
  }

  /** Runs in every case; settles when the caller went away in the middle. */
  async close(): Promise<void> {
    this.#controller.unlink();
    if (this.#response) {
      this.#controller.abort(new Error('the attempt is over'));
      if (this.#chunks) endIteration(this.#chunks);
    }
    if (!this.#input.record.settled) {
      const reported = this.#reader?.partial().usage ?? null;
      await this.#input.record.settle({ status: 'aborted', errorCode: 'aborted', reported });
    }
  }

  #describe(cause: unknown): Omit<AttemptFailure, 'partial'> {
    const { upstream } = this.#input;
    const common = { streamed: this.#streamed };
    if (cause instanceof StreamError) return { ...streamFailure(cause.facts, upstream), ...common };
    if (isRefusal(cause)) {
      const after = readRetryAfter(this.#response?.headers ?? {}, Date.now());
      return { ...cause, ...common, ...(after === undefined ? {} : { retryAfterMs: after }) };
    }
    const answered = this.#reader !== undefined;
    const error = connectionFailure(cause, upstream, answered);
    // What broke before Helicone had answered is taken for Helicone's own failure; a direct attempt tells.
    const heliconeFault = upstream.route.startsWith('helicone') && !answered;
    return { error, detail: detailOf(cause), heliconeFault, ...common };
  }

  /** What came before a broken event in the same bytes was received all the same: the failure waits until it is seen. */
  #read(work: (deltas: WireDelta[]) => void): WireDelta[] {
    const deltas: WireDelta[] = [];
    try {
      work(deltas);
    } catch (caught) {
      const cause = isMalformed(caught) ? this.#malformed(caught) : caught;
      if (!deltas.length) throw cause;
      this.#broken = cause;
    }
    this.#count(deltas);
    return deltas;
  }

  /** Frames of another shape than the protocol's: not a cut stream, and no fault of ours (F8). */
  #malformed(cause: TypeError): CrosspointError {
    const { provider } = this.#input.upstream.subject;
    return new CrosspointError('provider_protocol', { provider }, { cause });
  }

  #count(deltas: readonly WireDelta[]): void {
    if (!deltas.length) return;
    this.#streamed = true;
    this.#input.record.servedModel ??= this.#reader?.servedModel;
    const lengths = deltas.map((delta) => deltaText(delta).length);
    this.#input.record.received(lengths.reduce((sum, length) => sum + length, 0));
  }

  #within<Result>(phase: 'first byte' | 'between chunks', work: Promise<Result>): Promise<Result> {
    const { firstByte, wholeAnswer, betweenChunks } = this.#input.deadlines;
    if (phase === 'between chunks') return this.#controller.within(phase, betweenChunks, work);
    const passed = performance.now() - this.#started;
    return this.#input.upstream.streams
      ? this.#controller.within(phase, firstByte - passed, work)
      : this.#controller.within('whole answer', wholeAnswer - passed, work);
  }
}

type Refusal = Awaited<ReturnType<typeof responseFailure>>;

function isRefusal(cause: unknown): cause is Refusal {
  return typeof cause === 'object' && cause !== null && 'heliconeFault' in cause;
}

function isMalformed(cause: unknown): cause is TypeError {
  return cause instanceof TypeError;
}

/** The total deadline aborts the same signal, with an error of ours. */
export function isCallersStop(signal: AbortSignal): boolean {
  return signal.aborted && !(signal.reason instanceof Error && signal.reason.name === 'DeadlineError');
}

function cacheHeader(headers: Record<string, string>): UsageEntry['cache'] {
  const value = headers['helicone-cache'];
  return value === 'HIT' || value === 'MISS' ? value : null;
}

function detailOf(cause: unknown): string {
  const { name, code } = cause as { name?: string; code?: string };
  return [name, code].filter(Boolean).join(' ');
}
