import type { AssistantPart } from '#protocol/message.ts';
import type { FinishReason, Target } from '../types.ts';
import { sealCapsule } from './capsule.ts';
import { ToolCallCollector } from './tool-calls.ts';
import type { WireDelta } from './wire.ts';

/** One element of a response's `output`. */
export interface OutputItem {
  type: string;
  id?: string;
  status?: string;
  call_id?: string;
  name?: string;
  arguments?: string;
  phase?: string | null;
  encrypted_content?: string | null;
  summary?: { text?: string }[];
  content?: { type?: string; text?: string; refusal?: string }[];
}

interface OpenItem {
  item: OutputItem;
  /** What was streamed of a message or of reasoning. */
  text: string;
  /** Of calls: the position in the collector. */
  call?: number;
  summaryIndex?: number;
}

/** The items of one response while they stream in, in the order of its `output`. */
export class ResponseItems {
  refused = false;
  readonly #target: Target;
  readonly #calls: ToolCallCollector;
  readonly #items = new Map<number, OpenItem>();

  constructor(target: Target) {
    this.#target = target;
    this.#calls = new ToolCallCollector(target);
  }

  has(index: number): boolean {
    return this.#items.has(index);
  }

  open(index: number, item: OutputItem): WireDelta[] {
    const open: OpenItem = { item, text: '' };
    this.#items.set(index, open);
    if (item.type !== 'function_call') return [];
    open.call = this.#calls.open({ id: item.call_id ?? null, name: item.name ?? null });
    return [{ type: 'tool-call-delta', index: open.call, name: item.name ?? '', argsText: '' }];
  }

  text(index: number, delta: string): WireDelta[] {
    const open = this.#items.get(index) ?? this.#openNew(index, 'message');
    open.text += delta;
    return delta ? [{ type: 'text-delta', text: delta }] : [];
  }

  refusal(index: number, delta: string): WireDelta[] {
    this.refused = true;
    return this.text(index, delta);
  }

  /** The parts of a summary are paragraphs. */
  reasoning(index: number, delta: string, summaryIndex: number): WireDelta[] {
    const open = this.#items.get(index) ?? this.#openNew(index, 'reasoning');
    const isNext = open.text !== '' && open.summaryIndex !== summaryIndex;
    open.summaryIndex = summaryIndex;
    const text = isNext ? `\n\n${delta}` : delta;
    open.text += text;
    return delta ? [{ type: 'reasoning-delta', text }] : [];
  }

  callArguments(index: number, delta: string): WireDelta[] {
    const call = this.#items.get(index)?.call;
    if (call === undefined) return [];
    this.#calls.append(call, delta);
    const name = this.#calls.at(call)?.name ?? '';
    return [{ type: 'tool-call-delta', index: call, name, argsText: delta }];
  }

  /** The item as a whole. Its text is shown here when it was not streamed. */
  close(index: number, item: OutputItem): WireDelta[] {
    const opened = this.has(index) ? [] : this.open(index, item);
    const open = this.#items.get(index) as OpenItem;
    open.item = item;
    if (open.call !== undefined) {
      const { call_id: toolCallId, name, arguments: args } = item;
      const given = {
        ...(toolCallId ? { toolCallId } : {}),
        ...(name ? { name } : {}),
        ...(args ? { args } : {}),
      };
      if (item.status === undefined || item.status === 'completed') this.#calls.close(open.call, given);
      return opened;
    }
    if (open.text !== '') return [];
    if (item.type === 'reasoning') {
      open.text = (item.summary ?? []).map(({ text }) => text ?? '').join('\n\n');
      return open.text ? [{ type: 'reasoning-delta', text: open.text }] : [];
    }
    if (item.type !== 'message') return [];
    this.refused ||= (item.content ?? []).some(({ type }) => type === 'refusal');
    open.text = (item.content ?? []).map(({ text, refusal }) => text ?? refusal ?? '').join('');
    return open.text ? [{ type: 'text-delta', text: open.text }] : [];
  }

  parts(reason: FinishReason): AssistantPart[] {
    return [...this.#items.entries()]
      .sort(([left], [right]) => left - right)
      .flatMap(([, open]): AssistantPart[] => this.#part(open, reason));
  }

  #part({ item, text, call }: OpenItem, reason: FinishReason): AssistantPart[] {
    if (call !== undefined) {
      const part = this.#calls.take(call, reason);
      return part ? [item.id ? { ...part, capsule: this.#idCapsule(item) } : part] : [];
    }
    if (item.type === 'message' && text !== '')
      return [{ type: 'text', text, ...(item.id ? { capsule: this.#idCapsule(item) } : {}) }];
    if (item.type !== 'reasoning') return [];
    // Kept whole, as it must go back whole; without the encrypted content nobody could read it.
    if (item.encrypted_content)
      return [{ type: 'reasoning', text, capsule: sealCapsule(this.#target, item) }];
    return text === '' ? [] : [{ type: 'reasoning', text }];
  }

  /** Only what cannot be rebuilt from the part itself: a person may edit its arguments. */
  #idCapsule({ id, phase }: OutputItem) {
    return sealCapsule(this.#target, { id, ...(phase ? { phase } : {}) });
  }

  #openNew(index: number, type: string): OpenItem {
    const open: OpenItem = { item: { type }, text: '' };
    this.#items.set(index, open);
    return open;
  }
}
