import type { AssistantPart, Message, Part, ToolCallPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { newId } from '../ids.ts';

/** What can stand as an id in every wire's history. */
const usableId = /^[\x20-\x7e]{1,190}$/;

/** The conversation of one subagent: in our canonical form, so that each model gets it as it can take it. Kept nowhere. */
export class SubagentTranscript {
  readonly messages: Message[] = [];
  readonly #callIds = new Set<string>();
  readonly #of: Pick<Message, 'threadId' | 'runId'>;

  constructor(of: Pick<Message, 'threadId' | 'runId'>, task: string) {
    this.#of = of;
    this.say(task);
  }

  say(text: string): void {
    this.#push('user', [{ type: 'text', text }]);
  }

  /** @returns its calls, with ids that mean one call each */
  answer(parts: readonly AssistantPart[], { provider, model, wire }: Target): ToolCallPart[] {
    const own = parts.map((part) =>
      part.type === 'tool-call' ? { ...part, toolCallId: this.#freeId(part.toolCallId) } : part,
    );
    this.#push('assistant', own, { provider, model, wire });
    return own.filter((part) => part.type === 'tool-call');
  }

  result(part: Extract<Part, { type: 'tool-result' }>): void {
    this.#push('tool', [part]);
  }

  /** What it read and called, without what it was told: that is a model's word, never a person's. */
  get work(): readonly Message[] {
    return this.messages.filter(({ role }) => role !== 'user');
  }

  #freeId(given: string): string {
    const id = usableId.test(given) && !this.#callIds.has(given) ? given : newId('call');
    this.#callIds.add(id);
    return id;
  }

  #push(role: Message['role'], parts: Part[], author: Partial<Message> = {}): void {
    this.messages.push({
      ...this.#of,
      ...author,
      id: newId('message'),
      seq: this.messages.length + 1,
      role,
      parts,
      status: 'complete',
      createdAt: new Date().toISOString(),
    });
  }
}
