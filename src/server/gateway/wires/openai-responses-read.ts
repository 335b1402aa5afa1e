import { CrosspointError } from '#protocol/errors.ts';
import type { AssistantPart } from '#protocol/message.ts';
import { streamError, type StreamError } from '../errors/stream-error.ts';
import type { SseEvent } from '../sse.ts';
import type { FinishReason, Target } from '../types.ts';
import { eventJson, otherProtocol } from './event-json.ts';
import { readResponsesUsage, type ResponsesUsage } from './openai-responses-usage.ts';
import { ResponseItems, type OutputItem } from './response-items.ts';
import { settledReason } from './settled-reason.ts';
import { withDistinctIds } from './tool-calls.ts';
import type { ReportedUsage, WireAnswer, WireDelta, WirePartial, WireReader } from './wire.ts';

/** The events of the stream, as far as they are read (`ResponseStreamEvent` of the official SDK). */
interface StreamEvent {
  type: string;
  output_index?: number;
  summary_index?: number;
  delta?: string;
  item?: OutputItem;
  code?: string | null;
  message?: string;
  error?: unknown;
  response?: ResponseObject;
}

interface ResponseObject {
  model?: string;
  status?: string;
  error?: unknown;
  incomplete_details?: { reason?: string } | null;
  usage?: ResponsesUsage | null;
  output?: OutputItem[];
}

const incompleteReasons: Record<string, FinishReason> = {
  max_output_tokens: 'length',
  content_filter: 'content-filter',
};

/** Reads a response. */
export class OpenAiResponsesReader implements WireReader {
  servedModel: string | undefined;
  readonly #target: Target;
  readonly #items: ResponseItems;
  #isWhole = false;
  #reason: FinishReason | null = null;
  #usage: ReportedUsage | null = null;

  constructor(target: Target) {
    this.#target = target;
    this.#items = new ResponseItems(target);
  }

  get done(): boolean {
    return this.#isWhole || this.#reason !== null;
  }

  push(event: SseEvent): WireDelta[] {
    if (event.data.trim() === '[DONE]') return [];
    const data = eventJson<StreamEvent>(event, this.#target);
    const index = data.output_index ?? 0;
    const delta = data.delta ?? '';
    switch (data.type) {
      case 'error':
        throw streamError(data.error ?? { code: data.code, message: data.message }, this.#target);
      case 'response.failed':
        throw this.#failure(data.response);
      case 'response.created':
        this.servedModel = data.response?.model;
        return [];
      case 'response.output_item.added':
        return data.item ? this.#items.open(index, data.item) : [];
      case 'response.output_item.done':
        return data.item ? this.#items.close(index, data.item) : [];
      case 'response.output_text.delta':
        return this.#items.text(index, delta);
      case 'response.refusal.delta':
        return this.#items.refusal(index, delta);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#items.reasoning(index, delta, data.summary_index ?? 0);
      case 'response.function_call_arguments.delta':
        return this.#items.callArguments(index, delta);
      case 'response.completed':
        return this.#finish(data.response, 'stop');
      case 'response.incomplete':
        return this.#finish(data.response, incompleteReason(data.response));
      default:
        return [];
    }
  }

  readBody(response: ResponseObject): WireDelta[] {
    const { status = 'completed', error, output } = response;
    if (status === 'failed' || error) throw this.#failure(response);
    if (!Array.isArray(output)) throw otherProtocol(this.#target);
    this.#isWhole = true;
    if (status === 'completed') return this.#finish(response, 'stop');
    if (status === 'incomplete') return this.#finish(response, incompleteReason(response));
    // Not over, and nobody will say when it is.
    this.#take(response);
    return [];
  }

  end(): WireAnswer {
    if (this.#reason === null)
      throw new CrosspointError('provider_stream_cut', { provider: this.#target.provider });
    const refused = this.#reason === 'stop' && this.#items.refused;
    const reason = refused ? 'refusal' : this.#reason;
    const parts = withDistinctIds(this.#items.parts(reason));
    const calls = parts.filter(({ type }) => type === 'tool-call').length;
    return { reason: settledReason(reason, calls), parts, ...this.#facts() };
  }

  partial(): WirePartial {
    const texts: AssistantPart[] = this.#items
      .parts('length')
      .flatMap((part) => (part.type === 'text' ? [{ type: 'text', text: part.text }] : []));
    return { parts: texts, ...this.#facts() };
  }

  #finish(response: ResponseObject | undefined, reason: FinishReason): WireDelta[] {
    this.#take(response);
    this.#reason = reason;
    // Compatible servers may leave out the events of an item and give it only here.
    return (response?.output ?? []).flatMap((item, index) =>
      this.#items.has(index) ? [] : this.#items.close(index, item),
    );
  }

  #failure(response: ResponseObject | undefined): StreamError {
    this.#take(response);
    return streamError(response?.error ?? { message: 'the response failed' }, this.#target);
  }

  #take(response: ResponseObject | undefined): void {
    this.servedModel = response?.model ?? this.servedModel;
    if (response?.usage) this.#usage = readResponsesUsage(response.usage);
  }

  #facts() {
    return { usage: this.#usage, ...(this.servedModel ? { servedModel: this.servedModel } : {}) };
  }
}

export function incompleteReason(
  response: Pick<ResponseObject, 'incomplete_details'> | undefined,
): FinishReason {
  return incompleteReasons[response?.incomplete_details?.reason ?? ''] ?? 'length';
}
