/** A call of the conversation that has no result yet. */
interface OpenCall {
  toolCallId: string;
  messageId: string;
}

/** What a decision could name and every database can hold, as for calls of our own (agent/proposals.ts). */
const usableId = /^[\x20-\x7e]{1,190}$/;

/**
 * In a thread an id means one call. Other tools number their calls anew in every answer, lose results, and write some
 * twice: each call gets an id of its own, the same one each time the file is read, and each result that of its call.
 */
export class CallPlaces {
  readonly #taken = new Set<string>();
  /** How often an id was asked for. */
  readonly #asked = new Map<string, number>();
  /** By the id in the file, oldest first. */
  readonly #open = new Map<string, OpenCall[]>();

  /** The id of a call in the record. */
  call(given: string, messageId: string): string {
    const toolCallId = this.#free(given);
    const open = this.#open.get(given) ?? [];
    open.push({ toolCallId, messageId });
    this.#open.set(given, open);
    return toolCallId;
  }

  /** The id of a result in the record: of the newest message that made such a call, its first that is still open. */
  result(given: string): { toolCallId: string; answers: boolean } {
    const open = this.#open.get(given) ?? [];
    const newest = open.at(-1)?.messageId;
    const index = open.findIndex(({ messageId }) => messageId === newest);
    const [call] = index < 0 ? [] : open.splice(index, 1);
    // A second result, or one without a call, must never be taken for that of a call.
    return call
      ? { toolCallId: call.toolCallId, answers: true }
      : { toolCallId: this.#free(given), answers: false };
  }

  /** Calls that nobody answered. */
  unanswered(): string[] {
    return [...this.#open.values()].flat().map(({ toolCallId }) => toolCallId);
  }

  #free(given: string): string {
    const wanted = usableId.test(given) ? given : 'call';
    let count = (this.#asked.get(wanted) ?? 0) + 1;
    const id = () => (count === 1 ? wanted : `${wanted}_${count}`);
    while (this.#taken.has(id())) count += 1;
    this.#asked.set(wanted, count);
    this.#taken.add(id());
    return id();
  }
}
