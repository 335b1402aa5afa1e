import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { AssistantPart, Message } from '#protocol/message.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { FinishReason, ModelRequest, ModelStreamEvent, PartialAnswer } from '#server/gateway/types.ts';
import { DeltaBatch } from '#server/stream/delta-batch.ts';
import { newId } from './ids.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import type { Turn } from './turn.ts';

export interface Answer {
  messageId: string;
  reason: FinishReason;
  parts: AssistantPart[];
  usage: UsageEntry;
  /** A call was begun whose arguments never became complete; it is nowhere in `parts`. */
  lostCall: boolean;
  /** Events of this request that are not written yet: they come before those of the answer. */
  unwritten: NewEvent[];
}

/** Milliseconds that the start of a request may wait to be written together with what follows: one commit less a step. */
const holdMs = 50;

/**
 * Sends one request and writes what arrives as events. The sum of the text events is the text that is stored.
 * @returns null when a person stopped the run; what had arrived is then stored as a partial message
 * @throws the gateway's typed error, after what had arrived was stored as a partial message
 */
export async function streamAnswer(
  setup: AgentSetup,
  turn: Turn,
  request: ModelRequest,
): Promise<Answer | null> {
  const stream = new AnswerStream(turn, request);
  try {
    for await (const event of setup.gateway.stream(request, turn.signal)) stream.take(event);
    return await stream.finish();
  } catch (cause) {
    await stream.keepPartial(partialOf(cause)?.usage);
    if (turn.signal.aborted) return null;
    throw cause;
  } finally {
    setup.point('model.streamed');
  }
}

/** What arrives for one message, in the order in which it is written. */
class AnswerStream {
  readonly #turn: Turn;
  readonly #request: ModelRequest;
  readonly #messageId = newId('message');
  readonly #deltas: DeltaBatch;
  #writing: Promise<unknown> = Promise.resolve();
  #text = '';
  #reasoning = '';
  #begunCalls = new Set<number>();
  #held: NewEvent[] = [];
  #holdTimer: NodeJS.Timeout | undefined;
  #finished: Extract<ModelStreamEvent, { type: 'finished' }> | null = null;

  constructor(turn: Turn, request: ModelRequest) {
    this.#turn = turn;
    this.#request = request;
    this.#deltas = new DeltaBatch(this.#messageId, (events) => this.#write(events));
  }

  take(event: ModelStreamEvent): void {
    const model = modelName(this.#request.target);
    switch (event.type) {
      case 'started':
        return this.#hold({
          type: 'model.started',
          data: { requestedModel: model, attempt: event.attempt },
        });
      case 'retrying':
        return this.#emit({
          type: 'retrying',
          data: { attempt: event.attempt, afterMs: event.afterMs, reason: event.reason, model },
        });
      case 'notice':
        return this.#emit({ type: 'notice', data: { code: event.code, message: event.message } });
      case 'text-delta':
        this.#text += event.text;
        return this.#deltas.add('message.delta', event.text);
      case 'reasoning-delta':
        this.#reasoning += event.text;
        return this.#deltas.add('reasoning.delta', event.text);
      case 'tool-call-delta':
        this.#begunCalls.add(event.index);
        return;
      case 'finished':
        this.#finished = event;
    }
  }

  async finish(): Promise<Answer> {
    const finished = this.#finished;
    if (!finished)
      throw new CrosspointError('provider_stream_cut', { provider: this.#request.target.provider });
    const stored = textOf(finished.parts);
    if (stored !== this.#text && stored.startsWith(this.#text))
      this.#deltas.add('message.delta', stored.slice(this.#text.length));
    await this.#flush();
    const calls = finished.parts.filter((part) => part.type === 'tool-call').length;
    return {
      messageId: this.#messageId,
      reason: finished.reason,
      parts: finished.parts,
      usage: finished.usage,
      lostCall: this.#begunCalls.size > calls,
      unwritten: this.#takeHeld(),
    };
  }

  /** Calls of a partial message were never complete: its text and the shown part of its reasoning are all it keeps. */
  async keepPartial(usage: UsageEntry | undefined): Promise<void> {
    await this.#flush();
    const parts: AssistantPart[] = [];
    if (this.#reasoning) parts.push({ type: 'reasoning', text: this.#reasoning });
    if (this.#text) parts.push({ type: 'text', text: this.#text });
    const events = this.#takeHeld();
    if (usage) events.push({ type: 'model.finished', data: { messageId: this.#messageId, usage } });
    if (!parts.length && !events.length) return;
    await this.#turn.commit(events, async (store) => {
      if (!parts.length) return;
      await store.messages.append(
        assistantMessage(this.#turn, this.#request, { id: this.#messageId, parts, status: 'partial' }),
      );
    });
  }

  #emit(event: NewEvent): void {
    void this.#write([event]);
  }

  #hold(event: NewEvent): void {
    this.#held.push(event);
    this.#holdTimer ??= setTimeout(() => void this.#write([]), holdMs);
  }

  #takeHeld(): NewEvent[] {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
    return this.#held.splice(0);
  }

  /** One write after the other. A failed one is thrown by the next flush; nothing is written after it. */
  #write(events: NewEvent[]): Promise<unknown> {
    const all = [...this.#takeHeld(), ...events];
    this.#writing = this.#writing.then(() => this.#turn.commit(all));
    this.#writing.catch(() => undefined);
    return this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#deltas.flush();
    await this.#writing;
  }
}

export function assistantMessage(
  turn: Turn,
  request: ModelRequest,
  message: Pick<Message, 'id' | 'parts' | 'status'>,
): Omit<Message, 'seq'> {
  const { provider, model, wire } = request.target;
  return {
    ...message,
    threadId: turn.threadId,
    runId: turn.run.id,
    role: 'assistant',
    provider,
    model,
    wire,
    createdAt: new Date().toISOString(),
  };
}

export function textOf(parts: readonly { type: string; text?: string }[]): string {
  return parts.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('');
}

function partialOf(cause: unknown): PartialAnswer | undefined {
  if (!(cause instanceof Error) || typeof cause.cause !== 'object' || cause.cause === null) return undefined;
  return 'partial' in cause.cause ? (cause.cause.partial as PartialAnswer) : undefined;
}
