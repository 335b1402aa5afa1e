import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { AssistantPart } from '#protocol/message.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import type { FinishReason, Gateway, ModelRequest, ModelStreamEvent } from '#server/gateway/types.ts';
import type { Store } from '#server/store/store.ts';

/** What the scripted model does with one request. */
export interface Reply {
  text?: string;
  reasoning?: string;
  calls?: { id?: string; name: string; args: unknown }[];
  reason?: FinishReason;
  /** A call whose arguments never became complete: seen in the stream, absent from the end. */
  lostCall?: boolean;
  /** Thrown after the text was sent. */
  fail?: CrosspointError;
  /** Stays silent after the text until it is aborted. */
  hang?: boolean;
  costUsd?: number;
  servedModel?: string;
  /** A failed attempt and a change of route before the answer. */
  retried?: boolean;
}

export type Script = (request: ModelRequest, count: number) => Reply | Promise<Reply>;

/**
 * A gateway that keeps the contract of `gateway/types.ts` with a scripted model behind it: one ledger row per attempt, an
 * abort settles before it throws, and a request in which a call lacks its one adjacent result is refused (I4).
 */
export class ScriptedGateway implements Gateway {
  readonly requests: ModelRequest[] = [];
  script: Script;
  readonly #store: Store;

  constructor(store: Store, script: Script) {
    this.#store = store;
    this.script = script;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamEvent> {
    assertAnswered(request);
    const count = this.requests.push({ ...request, messages: [...request.messages] }) - 1;
    const id = randomUUID();
    const { provider, model } = request.target;
    const base = { provider, model, timestamp: new Date().toISOString(), attempt: 1, route: 'embedded' };
    const { userId, threadId, runId } = request.context;
    await this.#store.ledger.reserve({ id, requestId: id, userId, threadId, runId, ...base });
    yield { type: 'started', attempt: 1, route: 'embedded' };
    const reply = await this.script(request, count);
    if (reply.retried) {
      yield { type: 'retrying', attempt: 2, afterMs: 5, reason: 'overloaded' };
      yield { type: 'notice', code: 'helicone_bypassed', message: 'Helicone failed.' };
      yield { type: 'started', attempt: 2, route: 'direct' };
    }
    const usage = usageFor(base, reply);
    try {
      yield* speak(reply);
      if (reply.hang) await sleep(60_000, undefined, { signal });
      signal.throwIfAborted();
      if (reply.fail) throw reply.fail;
    } catch (cause) {
      await this.#store.ledger.settle(id, { ...usage, status: signal.aborted ? 'aborted' : 'failed' });
      throw cause;
    }
    await this.#store.ledger.settle(id, { ...usage, status: 'settled' });
    const reason = reply.reason ?? (reply.calls?.length ? 'tool-calls' : 'stop');
    yield { type: 'finished', reason, parts: partsOf(reply, count), usage };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function* speak({ text = '', reasoning, lostCall }: Reply): Generator<ModelStreamEvent> {
  if (reasoning) yield { type: 'reasoning-delta', text: reasoning };
  for (const word of text.match(/\S+\s*/g) ?? []) yield { type: 'text-delta', text: word };
  if (lostCall) yield { type: 'tool-call-delta', index: 0, name: 'write_file', argsText: '{"path":"a' };
}

function partsOf({ text, reasoning, calls = [] }: Reply, count: number): AssistantPart[] {
  return [
    ...(reasoning ? [{ type: 'reasoning' as const, text: reasoning }] : []),
    ...(text ? [{ type: 'text' as const, text }] : []),
    ...calls.map(({ id, name, args }, index) => ({
      type: 'tool-call' as const,
      toolCallId: id ?? `call_${count}_${index}`,
      name,
      args: typeof args === 'string' ? args : JSON.stringify(args),
    })),
  ];
}

function usageFor(
  base: Pick<UsageEntry, 'provider' | 'model' | 'timestamp' | 'attempt' | 'route'>,
  reply: Reply,
): UsageEntry {
  return {
    ...base,
    inputTokens: 100,
    outputTokens: 10,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    ...(reply.servedModel ? { servedModel: reply.servedModel } : {}),
    costUsd: reply.costUsd ?? 0.001,
    estimated: false,
    cache: null,
    latencyMs: 1,
    ttftMs: 1,
  };
}

/** Every provider's rule: each call is answered exactly once, directly after the message that made it. */
function assertAnswered(request: ModelRequest): void {
  request.messages.forEach((message, index) => {
    if (message.role !== 'assistant') return;
    const calls = message.parts.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []));
    const next = request.messages[index + 1];
    const answered = next?.role === 'tool' ? next.results.map((result) => result.toolCallId) : [];
    if (calls.join() !== answered.join())
      throw new CrosspointError('provider_bad_request', {
        provider: request.target.provider,
        detail: `calls ${calls.join()} were answered by ${answered.join()}`,
      });
  });
}
