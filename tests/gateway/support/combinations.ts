import { randomUUID } from 'node:crypto';
import type { Wire } from '#protocol/message.ts';
import type { Answer, Asked, Script } from '#tests/upstreams/index.ts';
import { saying, wires, type LiveGateway } from './live-gateway.ts';
import { conversations, type Understood } from './official/index.ts';

export interface Combination {
  wire: Wire;
  model: string;
  stream: boolean;
}

const models = ['openai/gpt-4o', 'openai/gpt-5.2', 'anthropic/claude-sonnet-4-5', 'groq/openai/gpt-oss-120b'];

/** Every client wire before a model of every wire, streamed and not: passed on where they agree, rewritten where not. */
export const combinations: Combination[] = wires.flatMap((wire) =>
  models.flatMap((model) => [true, false].map((stream) => ({ wire, model, stream }))),
);

export const nameOf = ({ wire, model, stream }: Combination) =>
  `${wire} → ${model}, ${stream ? 'streamed' : 'whole'}`;

type Plan = (attempt: number, asked: Asked) => Answer;

/** What each call is to be answered, found by its words, so that many calls can run at once. */
export class Plans {
  readonly #plans = new Map<string, Plan>();
  readonly #asked = new Map<string, Asked[]>();

  readonly script: Script = (asked) => {
    const id = asked.lastUserText;
    const before = this.asked(id);
    this.#asked.set(id, [...before, asked]);
    // A picture and no words.
    if (id === '') return { text: 'I see.' };
    const plan = this.#plans.get(id);
    if (!plan) throw new Error(`nobody planned "${id}"`);
    return plan(before.length + 1, asked);
  };

  /** @returns the words of the call */
  add(plan: Plan | Answer): string {
    const id = `call ${randomUUID()}`;
    this.#plans.set(id, typeof plan === 'function' ? plan : () => plan);
    return id;
  }

  /** The attempts that reached a provider. */
  asked(id: string): Asked[] {
    return this.#asked.get(id) ?? [];
  }
}

export interface Raw {
  status: number;
  headers: Headers;
  text: string;
  /** Attempts that reached a provider. */
  attempts: number;
}

/** The bytes of one answer. */
export async function raw(
  live: LiveGateway,
  plans: Plans,
  { wire, model, stream }: Combination,
  plan: Plan | Answer,
  headers: Record<string, string> = {},
): Promise<Raw> {
  const words = plans.add(plan);
  const { path, body } = saying(wire, model, stream, words);
  const response = await live.post(path, body, headers);
  const text = await response.text().catch((cause: unknown) => `broken: ${String(cause)}`);
  return { status: response.status, headers: response.headers, text, attempts: plans.asked(words).length };
}

/** What an official client makes of it: an answer, or the error that it throws. */
export async function official(
  live: LiveGateway,
  plans: Plans,
  { wire, model, stream }: Combination,
  plan: Plan | Answer,
): Promise<{ understood: Understood | null; error: Error & { status?: number } }> {
  const conversation = conversations[wire](live.origin, live.token);
  conversation.say(plans.add(plan));
  return conversation.ask({ model, stream, tools: true }).then(
    (understood) => ({ understood, error: new Error('none') }),
    (error: unknown) => ({ understood: null, error: error as Error }),
  );
}

/** Each combination, a few at a time; the message of a failure says which it was. */
export async function forEach<Case>(
  cases: readonly Case[],
  name: (each: Case) => string,
  check: (each: Case) => Promise<void>,
): Promise<void> {
  const waiting = [...cases];
  const worker = async () => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      try {
        await check(each);
      } catch (cause) {
        throw new Error(`${name(each)}: ${(cause as Error).message}`, { cause });
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
