import type { ToolDefinition } from '../types.ts';
import { isObject } from './fields.ts';

/**
 * Tools that take text as it is (OpenAI's `custom` tools, such as Codex's `apply_patch`) are functions with one argument to
 * every other model.
 */
export function freeTool(name: string, description: string, grammar?: Grammar): ToolDefinition {
  const told = [
    description,
    'It is called here as a function: the argument "input" is the whole text, as the tool wants it.',
    grammar ? `The text keeps to this ${grammar.syntax} grammar:\n${grammar.definition}` : '',
  ];
  return {
    name,
    description: told.filter(Boolean).join('\n\n'),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole text.' } },
      required: ['input'],
      additionalProperties: false,
    },
  };
}

/** What a model of OpenAI is held to; others are told of it. */
export interface Grammar {
  syntax: string;
  definition: string;
}

/** The arguments of a call that was made with this text. */
export function freeArguments(input: string): string {
  return JSON.stringify({ input });
}

const opening = /^\s*\{\s*"input"\s*:\s*"/;
/** One step inside of a JSON string. An escape that JSON does not know stands for itself: models forget to double them. */
const step = /"|\\u[0-9a-fA-F]{4}|\\u(?=[^]{4})|\\[^u]|[^"\\]+/y;
const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** The text in the arguments of a call, as it streams in. */
export class FreeInput {
  #args = '';
  /** Behind what was read; -1 until the text has begun. */
  #at = -1;
  #ended = false;
  /** The first half of a pair: alone it is no text. */
  #half = '';

  /** @returns what is new of the text */
  push(args: string): string {
    this.#args += args;
    if (this.#at < 0) this.#at = opening.exec(this.#args)?.[0].length ?? -1;
    if (this.#at < 0) return '';
    let text = this.#half;
    for (let piece = this.#next(); piece !== null; piece = this.#next()) text += piece;
    this.#half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    return text.slice(0, text.length - this.#half.length).toWellFormed();
  }

  /** What is left to say once the call is whole: arguments of another shape are the text, so that nothing is lost. */
  end(): string {
    return this.#at < 0 ? otherShape(this.#args) : this.#half.toWellFormed();
  }

  #next(): string | null {
    if (this.#ended) return null;
    step.lastIndex = this.#at;
    const [piece] = step.exec(this.#args) ?? [];
    if (piece === undefined) return null;
    this.#at += piece.length;
    if (piece === '"') {
      this.#ended = true;
      return null;
    }
    return piece.startsWith('\\') ? unescaped(piece) : piece;
  }
}

/** The text of a whole call. */
export function freeInput(args: string): string {
  const input = new FreeInput();
  return input.push(args) + input.end();
}

function unescaped(escape: string): string {
  const [, kind = ''] = escape;
  if (kind === 'u')
    return escape.length === 6 ? String.fromCharCode(Number.parseInt(escape.slice(2), 16)) : escape;
  if (kind === '"' || kind === '\\' || kind === '/') return kind;
  return escapes[kind] ?? escape;
}

/** An object with one text under another name, as some models write it, else what is there. */
function otherShape(args: string): string {
  try {
    const value: unknown = JSON.parse(args);
    if (!isObject(value)) return args;
    if (typeof value.input === 'string') return value.input;
    const [only, ...more] = Object.values(value);
    if (only === undefined) return '';
    return typeof only === 'string' && !more.length ? only : args;
  } catch (cause) {
    if (cause instanceof SyntaxError) return args;
    throw cause;
  }
}
