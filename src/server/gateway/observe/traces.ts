import type * as OpenTelemetry from '@opentelemetry/api';
import type { Attributes, Context, SpanContext, Tracer } from '@opentelemetry/api';
import type { LedgerRow, NewAttempt } from '#server/store/ledger.types.ts';
import type { EndedCall, ObservedCall } from '../v1/types.ts';
import type { AttemptWatcher } from './observed-ledger.ts';
import { TraceParents } from './trace-parents.ts';

/** Spans of calls to `/v1` and of attempts at models. Never a word of a prompt or an answer. */
export interface Traces extends AttemptWatcher {
  requestBegan(call: Pick<ObservedCall, 'request' | 'options'>): void;
  request(call: EndedCall): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

export interface TracesOptions {
  /** OTEL_EXPORTER_OTLP_ENDPOINT */
  endpoint: string;
  version: string;
  logger: { warn(details: object, message: string): void };
}

/**
 * Sends traces over OTLP, with OpenTelemetry's conventions for generative AI
 * (https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/client-inference.md). The packages are loaded
 * here, so that whoever sends none has none of them in memory.
 */
export async function openTraces({ endpoint, version, logger }: TracesOptions): Promise<Traces> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  api.diag.setLogger(warningsTo(logger), { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true });
  const ids = new RequestIds(new sdk.RandomIdGenerator());
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  const provider = new sdk.TracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({ 'service.name': 'crosspoint', 'service.version': version }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const spans = new Spans(api, provider.getTracer('crosspoint', version), ids);
  return {
    requestBegan: ({ request, options }) => spans.parents.note(options.requestId, request.headers),
    request: (call) => spans.request(call),
    began: () => undefined,
    ended: (attempt, result) => spans.attempt(attempt, result),
    cached: () => undefined,
    close: () =>
      provider.shutdown().catch((err: unknown) => logger.warn({ err }, 'the last traces could not be sent')),
  };
}

function warningsTo(logger: TracesOptions['logger']) {
  const warn = (message: string) => logger.warn({ source: 'opentelemetry' }, message.slice(0, 300));
  const silent = () => undefined;
  return { error: warn, warn, info: silent, debug: silent, verbose: silent };
}

/**
 * A request's id is its trace, unless its caller named one: attempts and the request meet there without anything being
 * handed on.
 */
class RequestIds {
  next: { traceId: string; spanId: string } | null = null;
  readonly #random: { generateTraceId(): string; generateSpanId(): string };

  constructor(random: { generateTraceId(): string; generateSpanId(): string }) {
    this.#random = random;
  }

  generateTraceId(): string {
    return this.next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next?.spanId || this.#random.generateSpanId();
  }
}

class Spans {
  readonly parents = new TraceParents();
  readonly #api: typeof OpenTelemetry;
  readonly #tracer: Tracer;
  readonly #ids: RequestIds;

  constructor(api: typeof OpenTelemetry, tracer: Tracer, ids: RequestIds) {
    this.#api = api;
    this.#tracer = tracer;
    this.#ids = ids;
  }

  request({ path, status, code, ms, requestId }: EndedCall): void {
    if (!requestId) return;
    const end = Date.now();
    const attributes = {
      'http.request.method': 'POST',
      'http.route': path,
      'http.response.status_code': status,
      'crosspoint.request.id': requestId,
      ...(code === null ? {} : { 'error.type': code }),
    };
    const options = { kind: this.#api.SpanKind.SERVER, startTime: end - ms, attributes };
    const name = `POST ${path}`;
    const caller = this.parents.of(requestId);
    this.#as(requestId, spanIdOf(requestId), () => {
      const span = caller
        ? this.#tracer.startSpan(name, options, this.#under({ ...caller, isRemote: true }))
        : this.#tracer.startSpan(name, { ...options, root: true });
      this.#end(span, status >= 500, end);
    });
  }

  attempt(attempt: NewAttempt, result: Partial<LedgerRow>): void {
    const { requestId, path = null } = attempt;
    const startTime = Date.parse(attempt.timestamp);
    const attributes = attemptAttributes(attempt, result);
    const name = `${String(attributes['gen_ai.operation.name'])} ${attempt.model}`;
    const options = { kind: this.#api.SpanKind.CLIENT, startTime, attributes };
    const end = startTime + (result.latencyMs ?? 0);
    const failed = result.status === 'failed';
    // The agent's own requests have no call to /v1 around them.
    if (path === null)
      return this.#as(requestId, '', () =>
        this.#end(this.#tracer.startSpan(name, { ...options, root: true }), failed, end),
      );
    const { traceId, traceFlags, traceState } = this.parents.of(requestId) ?? {
      traceId: traceIdOf(requestId),
      traceFlags: this.#api.TraceFlags.SAMPLED,
      traceState: '',
    };
    const parent = { traceId, spanId: spanIdOf(requestId), traceFlags, traceState };
    this.#end(this.#tracer.startSpan(name, options, this.#under(parent)), failed, end);
  }

  #under({ traceState, ...parent }: Omit<SpanContext, 'traceState'> & { traceState: string }): Context {
    const { trace, ROOT_CONTEXT, createTraceState } = this.#api;
    return trace.setSpanContext(ROOT_CONTEXT, {
      ...parent,
      ...(traceState ? { traceState: createTraceState(traceState) } : {}),
    });
  }

  #as(requestId: string, spanId: string, start: () => void): void {
    this.#ids.next = { traceId: traceIdOf(requestId), spanId };
    try {
      start();
    } finally {
      this.#ids.next = null;
    }
  }

  #end(span: ReturnType<Tracer['startSpan']>, failed: boolean, endTime: number): void {
    if (failed) span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
    span.end(endTime);
  }
}

/** A UUID without its dashes has the form of a trace's id. */
function traceIdOf(requestId: string): string {
  return requestId.replaceAll('-', '');
}

function spanIdOf(requestId: string): string {
  return traceIdOf(requestId).slice(-16);
}

function attemptAttributes(attempt: NewAttempt, result: Partial<LedgerRow>): Attributes {
  const { provider, model, requestId, path, threadId, session, endpoint } = attempt;
  const conversation = threadId ?? session?.id;
  const known = (name: string, value: string | number | null | undefined) =>
    value === null || value === undefined || value === '' ? {} : { [name]: value };
  return {
    'gen_ai.operation.name': path?.endsWith('/embeddings') ? 'embeddings' : 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    ...known('gen_ai.response.model', result.servedModel),
    ...(result.finishReason ? { 'gen_ai.response.finish_reasons': [result.finishReason] } : {}),
    ...known('gen_ai.conversation.id', conversation),
    ...known('gen_ai.usage.input_tokens', result.inputTokens),
    ...known('gen_ai.usage.output_tokens', result.outputTokens),
    ...known('gen_ai.usage.cache_read.input_tokens', result.cacheReadTokens),
    ...known('gen_ai.usage.cache_write.input_tokens', result.cacheWriteTokens),
    ...known('gen_ai.usage.reasoning.output_tokens', result.reasoningTokens),
    ...(typeof result.ttftMs === 'number'
      ? { 'gen_ai.response.time_to_first_chunk': result.ttftMs / 1_000 }
      : {}),
    ...known('error.type', result.errorCode),
    ...known('crosspoint.cost_usd', result.costUsd),
    ...known('crosspoint.endpoint', endpoint),
    'crosspoint.attempt': attempt.attempt,
    'crosspoint.route': result.route ?? attempt.route,
    'crosspoint.request.id': requestId,
    'crosspoint.usage.estimated': result.estimated ?? false,
  };
}
