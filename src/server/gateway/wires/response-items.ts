import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
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
    const { call_id: id = '', name = '' } = item;
    return [{ type: 'tool-call-delta', index: open.call, id, name, argsText: '' }];
  }

  text(index: number, delta: string): WireDelta[] {
    const open = this.#items.get(index) ?? this.#openNew(index, 'message');
    open.text += delta;
    return delta ? [{ type: 'text-delta', text: delta }] : [];
  }

  refusal(index: number, delta: string): WireDelta[] {
    this.refused = true;
    return this.text(index, delta).map((said) =>
      said.type === 'text-delta' ? { ...said, refusal: true } : said,
    );
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

  /** The item as a whole. What of it was not streamed is shown here. */
  close(index: number, item: OutputItem): WireDelta[] {
    const opened = this.has(index) ? [] : this.open(index, item);
    const open = this.#items.get(index) as OpenItem;
    open.item = item;
    if (open.call !== undefined) return [...opened, ...this.#closeCall(open.call, item)];
    if (item.type === 'reasoning') return this.#closeReasoning(open);
    if (open.text !== '' || item.type !== 'message') return [];
    const refused = (item.content ?? []).some(({ type }) => type === 'refusal');
    this.refused ||= refused;
    open.text = (item.content ?? []).map(({ text, refusal }) => text ?? refusal ?? '').join('');
    return open.text ? [{ type: 'text-delta', text: open.text, ...(refused ? { refusal: true } : {}) }] : [];
  }

  #closeCall(call: number, item: OutputItem): WireDelta[] {
    const { call_id: toolCallId, name, arguments: args = '' } = item;
    const isEmpty = this.#calls.at(call)?.args === '';
    const given = {
      ...(toolCallId ? { toolCallId } : {}),
      ...(name ? { name } : {}),
      ...(args ? { args } : {}),
    };
    if (item.status !== undefined && item.status !== 'completed') return [];
    this.#calls.close(call, given);
    return isEmpty && args
      ? [{ type: 'tool-call-delta', index: call, name: name ?? '', argsText: args }]
      : [];
  }

  #closeReasoning(open: OpenItem): WireDelta[] {
    const deltas: WireDelta[] = [];
    if (open.text === '') {
      open.text = (open.item.summary ?? []).map(({ text }) => text ?? '').join('\n\n');
      if (open.text) deltas.push({ type: 'reasoning-delta', text: open.text });
    }
    const done = this.#reasoningPart(open).map((part): WireDelta => ({ type: 'reasoning-done', part }));
    return [...deltas, ...done];
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
    return item.type === 'reasoning' ? this.#reasoningPart({ item, text }) : [];
  }

  #reasoningPart({ item, text }: OpenItem): ReasoningPart[] {
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
