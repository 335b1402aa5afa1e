import type { ContextPart } from '#protocol/context.ts';
import type { AssistantPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { PromptMessage } from '#server/gateway/types.ts';
import { estimatedSize, messageTokens } from './message-tokens.ts';
import type { FixedParts } from './token-counter.ts';

export type PartSizes = Record<ContextPart, number>;

const noSizes: PartSizes = {
  ...{ system: 0, tools: 0, instructions: 0, files: 0, toolOutput: 0, talk: 0, reasoning: 0 },
};

/** Which part a result belongs to, where it is not just output. */
const resultParts: Record<string, ContextPart> = { read_file: 'files', load_skill: 'instructions' };

/**
 * What a request's tokens are spent on, by estimate. Each message is looked at once and remembered by its identity, as in
 * `TokenCounter`: a long conversation costs a sum.
 */
export class PartCounter {
  readonly #messages = new WeakMap<PromptMessage, PartSizes>();
  readonly #tools = new WeakMap<object, number>();

  /** @param instructions of the project, as they stand in the system prompt */
  sizes(messages: readonly PromptMessage[], { system, tools }: FixedParts, instructions: string): PartSizes {
    const ofProject = estimatedSize(instructions);
    const sum = { ...noSizes, instructions: ofProject, system: estimatedSize(system) - ofProject };
    let definitions = tools.length ? this.#tools.get(tools) : 0;
    if (definitions === undefined)
      this.#tools.set(tools, (definitions = estimatedSize(JSON.stringify(tools))));
    sum.tools = definitions;
    for (const message of messages) {
      let sizes = this.#messages.get(message);
      if (!sizes) this.#messages.set(message, (sizes = sizesOf(message)));
      add(sum, sizes);
    }
    return sum;
  }
}

/** Whole numbers in the same proportions, whose sum is `tokens`. */
export function scaled(sizes: PartSizes, tokens: number): PartSizes {
  const names = Object.keys(sizes) as ContextPart[];
  const sum = names.reduce((whole, name) => whole + sizes[name], 0);
  const parts = { ...noSizes };
  let [passed, given] = [0, 0];
  for (const name of names) {
    passed += sizes[name];
    const upTo = sum > 0 ? Math.round((passed / sum) * tokens) : 0;
    parts[name] = upTo - given;
    given = upTo;
  }
  return parts;
}

function sizesOf(message: PromptMessage): PartSizes {
  const sizes = { ...noSizes };
  const whole = messageTokens(message, estimatedSize);
  let named = 0;
  for (const part of message.role === 'tool' ? message.results : message.parts) {
    const name = partOf(part);
    if (name === 'talk') continue;
    // Without the marks around the message itself, which belong to nobody: to the talk.
    const size =
      messageTokens(alone(message, part), estimatedSize) - messageTokens(alone(message), estimatedSize);
    sizes[name] += size;
    named += size;
  }
  sizes.talk = whole - named;
  return sizes;
}

function alone(message: PromptMessage, part?: AssistantPart | UserPart | ToolResultPart): PromptMessage {
  const parts = (part ? [part] : []) as never[];
  return message.role === 'tool' ? { role: 'tool', results: parts } : { role: message.role, parts };
}

function partOf(part: AssistantPart | UserPart | ToolResultPart): ContextPart {
  switch (part.type) {
    case 'tool-result':
      return resultParts[part.name] ?? 'toolOutput';
    case 'tool-call':
      return 'toolOutput';
    case 'reasoning':
      return 'reasoning';
    case 'image':
    case 'file':
      return 'files';
    case 'text':
      return textPart(part.text);
  }
}

/** Files are sent as text with their name; a model without tools gets results as words. */
function textPart(text: string): ContextPart {
  if (/^<file name="(?:[^"\\]|\\.)*">\n/.test(text)) return 'files';
  const [, result] = /^\[Result of ([^\s\]]+)/.exec(text) ?? [];
  if (result !== undefined) return resultParts[result] ?? 'toolOutput';
  return text.startsWith('\n[The tool ') ? 'toolOutput' : 'talk';
}

function add(sum: PartSizes, sizes: PartSizes): void {
  for (const name of Object.keys(sum) as ContextPart[]) sum[name] += sizes[name];
}
