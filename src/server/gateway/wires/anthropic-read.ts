import { CrosspointError } from '#protocol/errors.ts';
import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
import { streamError } from '../errors/stream-error.ts';
import type { SseEvent } from '../sse.ts';
import type { FinishReason, Target } from '../types.ts';
import { mergeUsage, readAnthropicUsage, type AnthropicUsage } from './anthropic-usage.ts';
import { sealCapsule } from './capsule.ts';
import { eventJson, otherProtocol } from './event-json.ts';
import { settledReason } from './settled-reason.ts';
import { ToolCallCollector, withDistinctIds } from './tool-calls.ts';
import type { WireAnswer, WireDelta, WirePartial, WireReader } from './wire.ts';

/** The events of the stream, as far as they are read (docs: "Streaming Messages", and the types of the official SDK). */
interface StreamEvent {
  type: string;
  index?: number;
  message?: { model?: string; usage?: AnthropicUsage };
  content_block?: ContentBlock;
  delta?: BlockDelta & { stop_reason?: string | null };
  usage?: AnthropicUsage;
  error?: unknown;
}

/** A whole answer. */
interface WholeMessage {
  content?: ContentBlock[];
  model?: string;
  stop_reason?: string | null;
  usage?: AnthropicUsage;
  error?: unknown;
}

interface ContentBlock {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  id?: string;
  name?: string;
  input?: unknown;
}

interface BlockDelta {
  type?: string;
  text?: string;
  thinking?: string;
  signature?: string;
  partial_json?: string;
}

export const finishReasons: Record<string, FinishReason> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
};

/** Reads a message of the assistant. */
export class AnthropicReader implements WireReader {
  servedModel: string | undefined;
  done = false;
  readonly #target: Target;
  readonly #calls: ToolCallCollector;
  /** In the order of the answer; a call is held by its position in the collector. */
  readonly #blocks = new Map<number, { block: ContentBlock; call?: number }>();
  #stopReason: string | null = null;
  #usage: AnthropicUsage | null = null;

  constructor(target: Target) {
    this.#target = target;
    this.#calls = new ToolCallCollector(target);
  }

  push(event: SseEvent): WireDelta[] {
    const data = eventJson<StreamEvent>(event, this.#target);
    switch (data.type) {
      case 'error':
        throw streamError(data.error, this.#target);
      case 'message_start':
        this.servedModel = data.message?.model;
        if (data.message?.usage) this.#usage = mergeUsage(this.#usage, data.message.usage);
        return [];
      case 'content_block_start':
        return data.content_block ? this.#open(data.index ?? 0, data.content_block) : [];
      case 'content_block_delta':
        return data.delta ? this.#delta(data.index ?? 0, data.delta) : [];
      case 'content_block_stop':
        return this.#close(data.index ?? 0);
      case 'message_delta':
        this.#stopReason = data.delta?.stop_reason ?? this.#stopReason;
        if (data.usage) this.#usage = mergeUsage(this.#usage, data.usage);
        return [];
      case 'message_stop':
        this.done = true;
    }
    // Pings, and events that are newer than this code: the docs ask clients to pass over them.
    return [];
  }

  readBody({ content, model, stop_reason: stopReason, usage, error }: WholeMessage): WireDelta[] {
    if (error) throw streamError(error, this.#target);
    if (!Array.isArray(content)) throw otherProtocol(this.#target);
    this.servedModel = model;
    this.#stopReason = stopReason ?? null;
    if (usage) this.#usage = mergeUsage(this.#usage, usage);
    this.done = true;
    return content.flatMap((block, index) => [...this.#open(index, block), ...this.#close(index)]);
  }

  end(): WireAnswer {
    if (!this.done || this.#stopReason === null)
      throw new CrosspointError('provider_stream_cut', { provider: this.#target.provider });
    const reason = finishReasons[this.#stopReason] ?? 'stop';
    const parts = withDistinctIds(this.#parts(reason));
    const calls = parts.filter(({ type }) => type === 'tool-call').length;
    return { reason: settledReason(reason, calls), parts, ...this.#facts() };
  }

  partial(): WirePartial {
    const texts = this.#parts('length').filter(({ type }) => type === 'text');
    return { parts: texts, ...this.#facts() };
  }

  #open(index: number, start: ContentBlock): WireDelta[] {
    const block = { ...start };
    if (block.type === 'tool_use') {
      const call = this.#calls.open({ id: block.id ?? null, name: block.name ?? null });
      this.#blocks.set(index, { block, call });
      const { id = '', name = '' } = block;
      return [{ type: 'tool-call-delta', index: call, id, name, argsText: '' }];
    }
    this.#blocks.set(index, { block });
    if (block.type === 'text' && block.text) return [{ type: 'text-delta', text: block.text }];
    if (block.type === 'thinking' && block.thinking)
      return [{ type: 'reasoning-delta', text: block.thinking }];
    return [];
  }

  #delta(index: number, delta: BlockDelta): WireDelta[] {
    const open = this.#blocks.get(index);
    // A delta for a block that never began: the frames are not those of this protocol.
    if (!open) throw new CrosspointError('provider_protocol', { provider: this.#target.provider });
    const { block, call } = open;
    if (delta.type === 'signature_delta') block.signature = (block.signature ?? '') + (delta.signature ?? '');
    if (delta.type === 'text_delta' && delta.text) {
      block.text = (block.text ?? '') + delta.text;
      return [{ type: 'text-delta', text: delta.text }];
    }
    if (delta.type === 'thinking_delta' && delta.thinking) {
      block.thinking = (block.thinking ?? '') + delta.thinking;
      return [{ type: 'reasoning-delta', text: delta.thinking }];
    }
    if (delta.type !== 'input_json_delta' || call === undefined || !delta.partial_json) return [];
    this.#calls.append(call, delta.partial_json);
    const name = block.name ?? '';
    return [{ type: 'tool-call-delta', index: call, name, argsText: delta.partial_json }];
  }

  #close(index: number): WireDelta[] {
    const open = this.#blocks.get(index);
    if (!open) return [];
    if (open.call === undefined)
      return this.#reasoningPart(open.block).map((part) => ({ type: 'reasoning-done', part }));
    const { name = '', input } = open.block;
    const isEmpty = this.#calls.at(open.call)?.args === '';
    this.#calls.close(open.call);
    if (!isEmpty) return [];
    // Compatible servers give the whole input at the start of the block and no deltas.
    const argsText = JSON.stringify(typeof input === 'object' && input !== null ? input : {});
    this.#calls.append(open.call, argsText);
    return [{ type: 'tool-call-delta', index: open.call, name, argsText }];
  }

  #parts(reason: FinishReason): AssistantPart[] {
    return [...this.#blocks.entries()]
      .sort(([left], [right]) => left - right)
      .flatMap(([, { block, call }]): AssistantPart[] => {
        const taken = call === undefined ? undefined : this.#calls.take(call, reason);
        if (taken !== undefined) return taken ? [taken] : [];
        if (block.type === 'text') return block.text ? [{ type: 'text', text: block.text }] : [];
        return this.#reasoningPart(block);
      });
  }

  #reasoningPart(block: ContentBlock): ReasoningPart[] {
    if (block.type === 'redacted_thinking')
      return [{ type: 'reasoning', text: '', capsule: sealCapsule(this.#target, block) }];
    if (block.type !== 'thinking') return [];
    const part: ReasoningPart = { type: 'reasoning', text: block.thinking ?? '' };
    // Without a signature the provider would refuse it: it is kept to be read, not to be sent.
    if (!block.signature) return part.text ? [part] : [];
    const sealed = { ...block, thinking: block.thinking ?? '' };
    return [{ ...part, capsule: sealCapsule(this.#target, sealed) }];
  }

  #facts() {
    const usage = this.#usage ? readAnthropicUsage(this.#usage) : null;
    return { usage, ...(this.servedModel ? { servedModel: this.servedModel } : {}) };
  }
}
