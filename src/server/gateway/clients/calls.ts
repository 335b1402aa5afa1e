import type { AssistantPart } from '#protocol/message.ts';
import type { WireDelta } from '../wires/wire.ts';
import { isCutOff } from '../wires/tool-calls.ts';

export interface StreamedCall {
  id: string;
  name: string;
  args: string;
  /** In the order in which the calls began. */
  position: number;
}

type CallDelta = Extract<WireDelta, { type: 'tool-call-delta' }>;

/** The calls of one answer on their way to a client: each with an id of its own from its first event on. */
export class StreamedCalls {
  readonly #answerId: string;
  readonly #legal: (id: string) => string;
  readonly #byIndex = new Map<number, StreamedCall>();
  /** Before the name is known nothing of a call can be said. */
  readonly #early = new Map<number, string>();
  readonly #ids = new Set<string>();

  /** @param legal makes ids that the client's wire takes */
  constructor(answerId: string, legal = (id: string) => id) {
    this.#answerId = answerId;
    this.#legal = legal;
  }

  get all(): StreamedCall[] {
    return [...this.#byIndex.values()];
  }

  /** null when there is nothing to say yet. `text`: what is new of the arguments. */
  push({
    index,
    id,
    name,
    argsText,
  }: CallDelta): { call: StreamedCall; isNew: boolean; text: string } | null {
    const known = this.#byIndex.get(index);
    if (known) {
      known.args += argsText;
      return { call: known, isNew: false, text: argsText };
    }
    const text = (this.#early.get(index) ?? '') + argsText;
    if (name === '') {
      this.#early.set(index, text);
      return null;
    }
    const position = this.#byIndex.size;
    const call = { id: this.#distinct(id, position), name, args: text, position };
    this.#byIndex.set(index, call);
    return { call, isNew: true, text };
  }

  /** The ids under which a client knows the calls of the finished answer, in their order. */
  idsOf(parts: readonly AssistantPart[]): string[] {
    const { all } = this;
    return parts
      .filter((part) => part.type === 'tool-call')
      .map(({ name, toolCallId }, position) => {
        const known = all[position];
        return known?.name === name ? known.id : this.#distinct(toolCallId, position);
      });
  }

  #distinct(id: string | undefined, position: number): string {
    // An id that counts the calls of one answer would come again in the next one.
    const isOwn = id && !/^call_\d+$/.test(id);
    const named = this.#legal(isOwn ? id : `call_${this.#answerId}_${position}`);
    let distinct = named;
    for (let count = 2; this.#ids.has(distinct); count++) distinct = `${named}_${count}`;
    this.#ids.add(distinct);
    return distinct;
  }
}

/** Whether nothing can follow: the text is a whole JSON object. */
export function isWhole({ args }: StreamedCall): boolean {
  return args.trimStart().startsWith('{') && !isCutOff(args);
}
