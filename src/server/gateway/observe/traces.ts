import type * as OpenTelemetry from '@opentelemetry/api';
import type { Attributes, Tracer } from '@opentelemetry/api';
import type { LedgerRow, NewAttempt } from '#server/store/ledger.types.ts';
import type { EndedCall } from '../v1/types.ts';
import type { AttemptWatcher } from './observed-ledger.ts';

/** Spans of calls to `/v1` and of attempts at models. Never a word of a prompt or an answer. */
export interface Traces extends AttemptWatcher {
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

/** A request's id is its trace: attempts and the request meet there without anything being handed on. */
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
    this.#root(requestId, spanIdOf(requestId), () => {
      const { SpanKind } = this.#api;
      const attributes = {
        'http.request.method': 'POST',
        'http.route': path,
        'http.response.status_code': status,
        'crosspoint.request.id': requestId,
        ...(code === null ? {} : { 'error.type': code }),
      };
      const options = { kind: SpanKind.SERVER, root: true, startTime: end - ms, attributes };
      this.#end(this.#tracer.startSpan(`POST ${path}`, options), status >= 500, end);
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
      return this.#root(requestId, '', () =>
        this.#end(this.#tracer.startSpan(name, { ...options, root: true }), failed, end),
      );
    const { trace, ROOT_CONTEXT, TraceFlags } = this.#api;
    const parent = {
      traceId: traceIdOf(requestId),
      spanId: spanIdOf(requestId),
      traceFlags: TraceFlags.SAMPLED,
    };
    this.#end(this.#tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, parent)), failed, end);
  }

  #root(requestId: string, spanId: string, start: () => void): void {
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
