import type { StreamedCall } from '../calls.ts';
import type { ClientTool } from '../client-tools.ts';
import { FreeInput } from '../free-input.ts';
import { callItem, messageItem, reasoningItem, spokenPart, type ResponseItem } from './form.ts';

export type Emit = (event: { type: string; [field: string]: unknown }) => void;

/** Each item of a response announces itself, tells its parts and ends: here with all events that belong to it. */
class ItemInProgress {
  readonly index: number;
  protected readonly id: string;
  readonly #emit: Emit;

  constructor(emit: Emit, id: string, index: number) {
    this.#emit = emit;
    this.id = id;
    this.index = index;
  }

  protected added(item: ResponseItem): void {
    this.#emit({ type: 'response.output_item.added', output_index: this.index, item });
  }

  protected tell(type: string, fields: object): void {
    this.#emit({ type: `response.${type}`, item_id: this.id, output_index: this.index, ...fields });
  }

  protected ended(item: ResponseItem): ResponseItem {
    this.#emit({ type: 'response.output_item.done', output_index: this.index, item });
    return item;
  }
}

export class MessageInProgress extends ItemInProgress {
  readonly #refused: boolean;
  readonly #name: string;
  #text = '';

  constructor(emit: Emit, id: string, index: number, refused: boolean) {
    super(emit, id, index);
    this.#refused = refused;
    this.#name = refused ? 'refusal' : 'output_text';
    this.added(messageItem(id, [], 'in_progress'));
    this.tell('content_part.added', { content_index: 0, part: spokenPart('', refused) });
  }

  text(delta: string): void {
    this.#text += delta;
    this.tell(`${this.#name}.delta`, { content_index: 0, delta, ...this.#logprobs });
  }

  done(): ResponseItem {
    const said = this.#refused ? { refusal: this.#text } : { text: this.#text };
    const part = spokenPart(this.#text, this.#refused);
    this.tell(`${this.#name}.done`, { content_index: 0, ...said, ...this.#logprobs });
    this.tell('content_part.done', { content_index: 0, part });
    return this.ended(messageItem(this.id, [part], 'completed'));
  }

  get #logprobs(): object {
    return this.#refused ? {} : { logprobs: [] };
  }
}

export class ReasoningInProgress extends ItemInProgress {
  /** What the client sends back. */
  sealed: string | undefined;
  #text = '';

  constructor(emit: Emit, id: string, index: number) {
    super(emit, id, index);
    this.added(reasoningItem(id, '', undefined));
  }

  text(delta: string): void {
    if (this.#text === '')
      this.tell('reasoning_summary_part.added', {
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      });
    this.#text += delta;
    this.tell('reasoning_summary_text.delta', { summary_index: 0, delta });
  }

  done(): ResponseItem {
    if (this.#text !== '') {
      this.tell('reasoning_summary_text.done', { summary_index: 0, text: this.#text });
      const part = { type: 'summary_text', text: this.#text };
      this.tell('reasoning_summary_part.done', { summary_index: 0, part });
    }
    return this.ended(reasoningItem(this.id, this.#text, this.sealed));
  }
}

/** A call of a function: its arguments as they come. */
export class CallInProgress extends ItemInProgress {
  protected readonly tool: ClientTool | undefined;
  protected sent = '';

  constructor(emit: Emit, id: string, index: number, call: StreamedCall, tool?: ClientTool) {
    super(emit, id, index);
    this.tool = tool;
    this.added(callItem(id, { ...call, args: '' }, 'in_progress', tool));
  }

  args(delta: string): void {
    this.sent += delta;
    this.tell('function_call_arguments.delta', { delta });
  }

  done(call: StreamedCall, status: string): ResponseItem {
    if (this.sent.trim() === '' && status === 'completed') this.args('{}');
    const args = this.sent;
    this.tell('function_call_arguments.done', { name: this.tool?.name ?? call.name, arguments: args });
    return this.ended(callItem(this.id, { ...call, args }, status, this.tool));
  }
}

/** A call of a tool that takes text as it is: the text, out of the arguments. */
export class FreeCallInProgress extends CallInProgress {
  readonly #input = new FreeInput();

  override args(delta: string): void {
    this.#tell(this.#input.push(delta));
  }

  override done(call: StreamedCall, status: string): ResponseItem {
    if (status === 'completed') this.#tell(this.#input.end());
    this.tell('custom_tool_call_input.done', { input: this.sent });
    return this.ended(callItem(this.id, { ...call, args: this.sent }, status, this.tool));
  }

  #tell(delta: string): void {
    if (delta === '') return;
    this.sent += delta;
    this.tell('custom_tool_call_input.delta', { delta });
  }
}
