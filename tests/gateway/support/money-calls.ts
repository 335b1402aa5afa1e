import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Wire } from '#protocol/message.ts';
import type { Answer, Asked, AnswerUsage } from '#tests/upstreams/index.ts';
import { saying, wires, type LiveGateway } from './live-gateway.ts';

const models = [
  'openai/gpt-4o',
  'openai/gpt-5.2',
  'anthropic/claude-sonnet-4-5',
  'groq/openai/gpt-oss-120b',
  'openai/gpt-4o,anthropic/claude-sonnet-4-5',
];
/** How often each happens, of a hundred. */
const kinds = {
  good: 62,
  untold: 5,
  'first fails': 8,
  limited: 4,
  refused: 4,
  cut: 5,
  'error event': 4,
  malformed: 3,
  leaves: 5,
  /** Its usage is counted from the bytes, as the estimate before it. */
  counted: 0,
} as const;
export type Kind = keyof typeof kinds;

export interface MoneyCall {
  requestId: string;
  kind: Kind;
  wire: Wire;
  model: string;
  stream: boolean;
  key: number;
  user: string;
  /** What the client got: a status, or how it ended. */
  ended: number | 'left' | 'lost';
}

/** What the emulators answered: their own log. */
export interface Answered {
  requestId: string;
  provider: string;
  model: string;
  /** null: none was reported. */
  usage: AnswerUsage | null;
  broken: boolean;
}

/** The same calls from the same numbers. */
export function drawCall(random: () => number, keys: number): MoneyCall {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const drawn = Object.entries(kinds).flatMap(([kind, share]) => Array<Kind>(share).fill(kind as Kind));
  const kind = pick(drawn);
  return {
    requestId: randomUUID(),
    kind,
    wire: pick(wires),
    model: pick(models),
    stream: kind === 'leaves' || random() < 0.5,
    key: Math.floor(random() * keys),
    user: pick(['ann', 'ben', 'cleo']),
    ended: 'lost',
  };
}

/** Answers as the calls were drawn, and keeps its own log. Each answer's usage is another's never. */
export class Till {
  readonly log: Answered[] = [];
  readonly #calls = new Map<string, MoneyCall>();

  expect(call: MoneyCall): void {
    this.#calls.set(call.requestId, call);
  }

  readonly script = (asked: Asked): Answer => {
    const call = this.#calls.get(asked.lastUserText) as MoneyCall;
    const answer = answerTo(call, asked, this.log.filter((each) => each.requestId === call.requestId).length);
    const { provider, model } = asked;
    const { fault, usage = null } = answer;
    this.log.push({ requestId: call.requestId, provider, model, usage, broken: fault !== undefined });
    return answer;
  };
}

function answerTo({ kind }: MoneyCall, { number }: Asked, before: number): Answer {
  const usage = { input: 10_000 + number, output: 7 + (number % 90), cacheRead: number % 500 };
  const words = { text: `The answer has number ${number}.`, usage };
  const soon = { 'retry-after-ms': '2' };
  switch (kind) {
    case 'good':
      return words;
    case 'untold':
      return { ...words, usage: null };
    case 'first fails':
      return before === 0 ? { fault: { kind: 'status', status: 503, headers: soon } } : words;
    case 'limited':
      return { fault: { kind: 'status', status: 429, headers: soon } };
    case 'counted':
      return { text: words.text };
    case 'refused':
      return { fault: { kind: 'status', status: 400, message: 'no' } };
    case 'cut':
      return { ...words, fault: { kind: 'cut', after: 'text', how: number % 2 ? 'reset' : 'close' } };
    case 'error event':
      return { ...words, fault: { kind: 'error-event', after: 'text', status: 500 } };
    case 'malformed':
      return { ...words, fault: { kind: 'malformed', after: 'text' } };
    case 'leaves':
      return { ...words, text: 'word '.repeat(60), paceMs: 15 };
  }
}

/** Makes a call as a client does, and notes how it ended for it. */
export async function makeCall(live: LiveGateway, call: MoneyCall, key: string): Promise<void> {
  const { path, body } = saying(call.wire, call.model, call.stream, call.requestId);
  const leaving = new AbortController();
  const headers = {
    authorization: `Bearer ${key}`,
    'helicone-request-id': call.requestId,
    'helicone-user-id': call.user,
  };
  try {
    const response = await live.post(path, body, headers, leaving.signal);
    if (call.kind === 'leaves') {
      await response.body?.getReader().read();
      await sleep(20);
      leaving.abort();
      call.ended = 'left';
      return;
    }
    await response.arrayBuffer();
    call.ended = response.status;
  } catch {
    // The server was killed, or cut the stream: the ledger is asked, not the client.
    call.ended = 'lost';
  }
}
