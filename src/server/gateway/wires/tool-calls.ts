import { CrosspointError } from '#protocol/errors.ts';
import type { AssistantPart, ToolCallPart } from '#protocol/message.ts';
import type { FinishReason, Target } from '../types.ts';

/** Characters of the arguments of one call. */
const maxArguments = 262_144;
/** Calls of one answer that are read at all; how many of them are carried out is the agent's limit (32). */
const maxCalls = 128;

/** The calls of one answer while they stream in: only whole ones come out. */
export class ToolCallCollector {
  readonly #target: Target;
  readonly #calls: (ToolCallPart & { whole: boolean })[] = [];

  constructor(target: Target) {
    this.#target = target;
  }

  get size(): number {
    return this.#calls.length;
  }

  /** @returns its position among the calls */
  open(call: { id?: string | null; name?: string | null; args?: string }): number {
    if (this.#calls.length >= maxCalls) throw this.#tooLarge();
    const { id, name, args = '' } = call;
    return (
      this.#calls.push({ type: 'tool-call', toolCallId: id ?? '', name: name ?? '', args, whole: false }) - 1
    );
  }

  at(position: number): ToolCallPart | undefined {
    return this.#calls[position];
  }

  append(position: number, args: string): void {
    const call = this.#calls[position];
    if (!call) return;
    call.args += args;
    if (call.args.length > maxArguments) throw this.#tooLarge();
  }

  /** The provider said that this call is complete; `call` holds what its last word adds. */
  close(position: number, call: Partial<ToolCallPart> = {}): void {
    const open = this.#calls[position];
    if (open) Object.assign(open, call, { whole: true });
    if (open && open.args.length > maxArguments) throw this.#tooLarge();
  }

  closeAll(): void {
    for (const call of this.#calls) call.whole = true;
  }

  /** The call at this position as a part, or null when it may not become real. */
  take(position: number, reason: FinishReason): ToolCallPart | null {
    const call = this.#calls[position];
    if (!call?.whole || !call.name || endsCalls.has(reason) || isCutOff(call.args)) return null;
    const { whole: _whole, ...part } = call;
    return { ...part, args: part.args.trim() === '' ? '{}' : part.args };
  }

  takeAll(reason: FinishReason): ToolCallPart[] {
    return this.#calls.flatMap((_call, position) => this.take(position, reason) ?? []);
  }

  #tooLarge(): CrosspointError {
    return new CrosspointError('provider_too_large', { provider: this.#target.provider });
  }
}

/** After these no call is carried out, even one that looks complete: the answer it belongs to is not. */
const endsCalls = new Set<FinishReason>(['length', 'content-filter', 'refusal']);

/**
 * Whether JSON text stops inside a string, an object or an array: cut off, so the call is dropped (fault F7; LangChain's
 * classes repair such text and run it, langchainjs#11469). Text that is closed but wrong is the model's own mistake: the
 * agent refuses it and tells the model (fault F9).
 */
export function isCutOff(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
  }
  return inString || depth > 0;
}

/** The same id twice in one answer, or none: each call gets one of its own, so that each can be answered. */
export function withDistinctIds(parts: AssistantPart[]): AssistantPart[] {
  const seen = new Set<string>();
  return parts.map((part, index) => {
    if (part.type !== 'tool-call') return part;
    let id = part.toolCallId || `call_${index}`;
    for (let count = 2; seen.has(id); count++) id = `${part.toolCallId || 'call'}_${index}_${count}`;
    seen.add(id);
    return id === part.toolCallId ? part : { ...part, toolCallId: id };
  });
}

/**
 * Arguments as a JSON object for a request; every provider refuses anything else in a history, and half of a surrogate
 * pair in it (Anthropic: "The request body is not valid JSON: no low surrogate in string").
 */
export function argumentsObject(args: string): string {
  try {
    const value: unknown = JSON.parse(args);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '{}';
    return mayHoldHalfAPair.test(args) ? withoutHalves(JSON.stringify(value)) : args;
  } catch (cause) {
    if (cause instanceof SyntaxError) return '{}';
    throw cause;
  }
}

const mayHoldHalfAPair = /\\u[dD][89a-fA-F]|\p{Surrogate}/u;

/** `JSON.stringify` writes whole pairs as they are and escapes what is left of a broken one. */
function withoutHalves(json: string): string {
  return json.replaceAll(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, half?: string) =>
    half ? '\ufffd' : escape,
  );
}
