import type { Wire } from '#protocol/message.ts';

/** The neutral language of the emulators: what a script is told, and what it answers. Every emulator speaks it in its own bytes. */

export type ProviderName = 'openai' | 'anthropic' | 'groq' | 'openrouter' | 'gemini' | 'compatible';
export type Via = 'direct' | 'helicone-proxy' | 'helicone-gateway';

/** A request that was accepted, without its bytes. */
export interface Asked {
  provider: ProviderName;
  wire: Wire;
  via: Via;
  /** The provider's own name of the model, also when Helicone's gateway was asked under another. */
  model: string;
  /** 1 for the first accepted request of this set of emulators. */
  number: number;
  stream: boolean;
  system: string;
  /** Messages of the conversation; the system prompt is not counted. */
  messages: number;
  lastUserText: string;
  /** All results in the conversation, oldest first. */
  toolResults: { toolCallId: string; name: string; text: string }[];
  /** Answers of the model since the person's last words: 0 at the start of a turn. */
  step: number;
  /** Names of the tools that are offered. */
  tools: string[];
  images: number;
  /** Whether the model was asked to think. */
  thinks: boolean;
  body: Record<string, unknown>;
}

export interface AnsweredCall {
  name: string;
  /** An object, or text as it is: cut off, not JSON, … */
  args: object | string;
  /** Default: an id in the form of the provider. */
  id?: string;
}

export interface AnswerUsage {
  /** All input, cached included. */
  input: number;
  /** All output, reasoning included. */
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
  reasoning?: number;
  /** USD; only OpenRouter says it. */
  cost?: number;
}

export interface Answer {
  reasoning?: string;
  /** Anthropic: a `redacted_thinking` block beside it. */
  redacted?: boolean;
  text?: string;
  calls?: AnsweredCall[];
  /** Default: `tool-calls` where there are calls, else `stop`. */
  finish?: 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'refusal';
  /** Default: counted. null: the answer tells none. */
  usage?: AnswerUsage | null;
  servedModel?: string;
  /** Milliseconds between the events of a stream. Default 0. */
  paceMs?: number;
  fault?: Fault;
}

/** Where in the stream something happens: after the first event of that kind was sent, `end`: before the finish. */
export type Point = 'preamble' | 'reasoning' | 'text' | 'call' | 'end';

export type Fault =
  /** The provider's own error body, unless `body` is given. */
  | {
      kind: 'status';
      status: number;
      message?: string;
      code?: string;
      type?: string;
      param?: string;
      headers?: Record<string, string>;
      body?: string;
    }
  | { kind: 'redirect'; to: string; status?: number }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** A 200 and then silence. */
  | { kind: 'headers' }
  | { kind: 'slow'; ms: number }
  | { kind: 'stall'; after: Point }
  | { kind: 'cut'; after: Point; how: 'reset' | 'close' }
  /** An error event inside the 200; `status` chooses which one. */
  | { kind: 'error-event'; after: Point; status: number; message?: string }
  | { kind: 'malformed'; after: Point }
  /** A 200 without a byte. */
  | { kind: 'zero' }
  /** The stream's last word is missing: `[DONE]`, `message_stop`. */
  | { kind: 'unterminated' }
  /** A line without end, or events without end, of so many bytes. */
  | { kind: 'endless-line'; bytes: number }
  | { kind: 'endless-text'; bytes: number }
  /** A 200 with something else. */
  | { kind: 'page'; body: string; contentType: string };

export type Script = (asked: Asked) => Answer | Promise<Answer>;

/** The answers one after the other, whoever asks; asking once more is a mistake of the test and answered by a 500. */
export function inOrder(answers: readonly Answer[]): Script {
  let next = 0;
  return () => {
    const answer = answers[next++];
    if (!answer) throw new Error(`the script has only ${answers.length} answers`);
    return answer;
  };
}

/** Says which model it is; the script of emulators that were given none. */
export const greeting: Script = ({ model }) => ({ text: `Hello from ${model}.` });

export function finishOf(answer: Answer): NonNullable<Answer['finish']> {
  return answer.finish ?? (answer.calls?.length ? 'tool-calls' : 'stop');
}

export function argsText({ args }: AnsweredCall): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

/** What the answer tells about its tokens: as scripted, else counted from the bytes, the same each time. */
export function usageOf(
  answer: Answer,
  bodyText: string,
): Required<Omit<AnswerUsage, 'cost'>> & { cost?: number } {
  const said = [answer.reasoning ?? '', answer.text ?? '', ...(answer.calls ?? []).map(argsText)].join('');
  const counted = { input: tokens(bodyText), output: tokens(said), cacheRead: 0, cacheWrite: 0 };
  return { ...counted, reasoning: tokens(answer.reasoning ?? ''), ...answer.usage };
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Text in pieces of a few characters, as models send it; surrogate pairs stay whole, as JSON demands. */
export function pieces(text: string, size = 7): string[] {
  const characters = Array.from(text);
  const count = Math.ceil(characters.length / size);
  return Array.from({ length: count }, (_value, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}
