import type { AssistantPart } from '#protocol/message.ts';
import { carriers } from './carriers.ts';
import type { Envelope } from './envelope.ts';

/** What a model said beside its calls that only it can read. */
export type Kept = (Envelope & { text?: string })[];

/** Characters in all; what was not used for longest goes first. */
const maxSize = 16 * 1_048_576;
const maxAnswers = 10_000;

/**
 * Many clients of chat completions drop the fields that hold a model's reasoning, but all send back the ids of its calls.
 * Within a loop of calls the reasoning is found again by them. In memory and bounded: when it is gone, the model does
 * without, as it would have to anyway.
 */
export class KeptReasoning {
  readonly #byCall = new Map<string, { kept: Kept; size: number }>();
  #size = 0;

  /** @param scope whose answer it is: nobody else ever gets it */
  remember(scope: string, callIds: readonly string[], parts: readonly AssistantPart[]): void {
    const [first] = callIds;
    if (first === undefined) return;
    const kept = carriers(parts, [], callIds).map((envelope): Kept[number] => {
      const part = envelope.of ? undefined : parts[envelope.at ?? 0];
      return part?.type === 'reasoning' ? { ...envelope, text: part.text } : envelope;
    });
    const size = kept.reduce((sum, { capsule, text = '' }) => sum + capsule.data.length + text.length, 0);
    if (!kept.length || size > maxSize) return;
    this.#drop(keyOf(scope, first));
    this.#byCall.set(keyOf(scope, first), { kept, size });
    this.#size += size;
    for (const key of this.#byCall.keys()) {
      if (this.#size <= maxSize && this.#byCall.size <= maxAnswers) break;
      this.#drop(key);
    }
  }

  /** @param firstCallId of an answer that came back without its reasoning */
  recall(scope: string, firstCallId: string): Kept {
    const key = keyOf(scope, firstCallId);
    const found = this.#byCall.get(key);
    if (!found) return [];
    // Used again: the newest.
    this.#byCall.delete(key);
    this.#byCall.set(key, found);
    return found.kept;
  }

  #drop(key: string): void {
    this.#size -= this.#byCall.get(key)?.size ?? 0;
    this.#byCall.delete(key);
  }
}

function keyOf(scope: string, callId: string): string {
  return JSON.stringify([scope, callId]);
}
