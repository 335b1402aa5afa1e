import fc from 'fast-check';
import type { AssistantPart, Capsule, Message, Part, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { encrypt, sign } from '#tests/upstreams/seal.ts';

/**
 * Conversations as they come in the wild and as import takes them: every author and none, odd ids, results that are lost,
 * late, far away or there twice, stopped answers, pictures of any kind, files, empty words, seals of an unknown form.
 */

const words = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 30 }) },
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', ' ', '\n', 'trailing  ', 'cut \ud83d', '👩‍👩‍👧 é 漢字', '</tool> {"a":', '\u0000'),
);
const id = fc.oneof(
  fc.constantFrom('call_1', 'functions.read_file:0', 'tool_0_read_file', 'x'.repeat(70), 'M0x7Kq2pZ', ''),
  fc.string({ maxLength: 80 }),
);
const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('read_file', 'run_terminal_command') },
  fc.constantFrom('read file!', 'functions.read_file', '', 'n'.repeat(90)),
);
const args = fc.constantFrom(
  ...['{}', '{"path":"a.txt"}', '{"text":"é 👩‍👩‍👧 \\u0000"}', '[1]', 'not JSON', '', '{"__proto__":{"a":1}}'],
  ...['{"half":"\\ud83d","\ud83d":"\\\\ud83d"}', 'cut \ud83d'],
);
const image = { type: 'image' as const, mediaType: 'image/png', data: 'iVBORw0KGgo=' };
/** What no model takes. */
const drawing = { ...image, mediaType: 'image/svg+xml' };
const file = { type: 'file' as const, name: 'a \ud83d.txt', mediaType: 'text/plain', data: 'YQ==' };
const attached = fc.subarray([image, drawing, file]);
const status = fc.constantFrom(
  ...(['ok', 'error', 'rejected', 'not_run', 'interrupted', 'outcome_unknown'] as const),
);

const call = fc.record({
  id,
  name,
  args,
  answered: fc.boolean(),
  status,
  text: words,
  sees: fc.boolean(),
  far: fc.boolean(),
});
const spoken = fc.record({ kind: fc.constant('user' as const), text: words, attached });

function answered(authors: readonly Target[]) {
  return fc.record({
    kind: fc.constant('assistant' as const),
    author: fc.constantFrom(...authors),
    thought: fc.option(words, { nil: null }),
    text: words,
    calls: fc.array(call, { maxLength: 3 }),
    partial: fc.boolean(),
    /** Stored by another tool: its results come before the next answer, in another order. */
    late: fc.boolean(),
    /** The other tool did not say who wrote it. */
    anonymous: fc.boolean(),
  });
}

const orphan = fc.record({ kind: fc.constant('orphan' as const), id, text: words });

/** Ends as every request does: with the person's words, or with the results of calls. */
export function transcripts(authors: readonly Target[], { inOrder = false } = {}): fc.Arbitrary<Message[]> {
  const entry = fc.oneof(
    spoken,
    { weight: 3, arbitrary: answered(authors) },
    { weight: 1, arbitrary: orphan },
  );
  const middle = fc.array(entry, { maxLength: 12 });
  return fc.tuple(middle, answered(authors), fc.boolean()).map(([entries, last, inLoop]) => {
    const loop = {
      ...last,
      partial: false,
      late: false,
      calls: last.calls.map((one) => ({ ...one, answered: true, far: false })),
    };
    const rows = new Rows();
    for (const each of entries) if (!inOrder || each.kind !== 'orphan') rows.add(each, inOrder);
    rows.settle();
    rows.add({ kind: 'user', text: 'Go on.', attached: [] });
    if (inLoop && loop.calls.length) rows.add(loop);
    return rows.messages;
  });
}

type Entry =
  | { kind: 'user'; text: string; attached: UserPart[] }
  | { kind: 'orphan'; id: string; text: string }
  | (typeof answered extends (...given: never[]) => fc.Arbitrary<infer Answered> ? Answered : never);

class Rows {
  readonly messages: Message[] = [];
  #waiting: ToolResultPart[] = [];
  #far: ToolResultPart[] = [];

  /** @param inOrder results directly after their calls, none of them missing: rows of our own tables */
  add(entry: Entry, inOrder = false): void {
    if (entry.kind === 'user')
      return this.#push('user', [{ type: 'text', text: entry.text }, ...entry.attached]);
    if (entry.kind === 'orphan')
      return this.#push('tool', [resultOf({ ...entry, status: 'ok', name: 'lost' })]);
    this.#flush();
    const seq = this.messages.length;
    const { author, calls, partial } = entry;
    const parts: AssistantPart[] = [
      ...(entry.thought === null ? [] : [thinking(author, entry.thought.toWellFormed(), seq)]),
      { type: 'text', text: entry.text, ...named(author, `msg_${seq}`) },
      ...calls.map((one, index) => ({
        type: 'tool-call' as const,
        toolCallId: one.id,
        name: one.name,
        args: one.args,
        ...named(author, `fc_${seq}_${index}`),
      })),
    ];
    const { provider, model, wire } = author;
    const by = entry.anonymous && !inOrder ? {} : { provider, model, wire };
    this.#push('assistant', parts, { ...by, status: partial ? 'partial' : 'complete' });
    const given = calls.filter((one) => (inOrder ? !partial : one.answered));
    const results = given.filter((one) => inOrder || !one.far).map(resultOf);
    if (!inOrder) this.#far.push(...given.filter(({ far }) => far).map(resultOf));
    if (entry.late && !inOrder) this.#waiting = results.reverse();
    else if (results.length) this.#push('tool', results);
  }

  /** Results that came in the end. */
  settle(): void {
    this.#flush();
    if (this.#far.length) this.#push('tool', this.#far);
    this.#far = [];
  }

  #flush(): void {
    if (this.#waiting.length) this.#push('tool', this.#waiting);
    this.#waiting = [];
  }

  #push(role: Message['role'], parts: Part[], change: Partial<Message> = {}): void {
    const seq = this.messages.length;
    const row = { id: `m${seq}`, threadId: 't', seq, runId: 'r', status: 'complete' as const, createdAt: '' };
    this.messages.push({ ...row, role, parts, ...change });
  }
}

function resultOf(given: {
  id: string;
  name: string;
  status: ToolResultPart['status'];
  text: string;
  sees?: boolean;
}): ToolResultPart {
  const { id: toolCallId, name, status, text, sees } = given;
  return {
    type: 'tool-result',
    toolCallId,
    name,
    status,
    text,
    ...(sees ? { images: [image, drawing] } : {}),
  };
}

/** What the provider said beside a part: OpenAI its name, which goes back only with the reasoning before it, Google a signature. */
function named({ provider, model, wire }: Target, id: string): { capsule?: Capsule } {
  const signature = () => ({ google: { thought_signature: encrypt(provider, model, id) } });
  const data =
    wire === 'openai-responses' ? { id } : provider === 'gemini' ? { extra_content: signature() } : null;
  return data ? { capsule: { provider, model, wire, data: JSON.stringify(data) } } : {};
}

/** Reasoning with the seal that its issuer gives, so that its issuer's emulator takes it and no other. */
function thinking(author: Target, text: string, seq: number): AssistantPart {
  const { provider, model, wire } = author;
  const block = blockOf(author, text, seq);
  const capsule: Capsule | null = block && { provider, model, wire, data: JSON.stringify(block) };
  return { type: 'reasoning', text, ...(capsule ? { capsule } : {}) };
}

function blockOf({ provider, model, wire }: Target, text: string, seq: number): object | null {
  if (wire === 'anthropic-messages')
    return seq % 2
      ? { type: 'redacted_thinking', data: encrypt(provider, model, text) }
      : { type: 'thinking', thinking: text, signature: sign(provider, model, text) };
  // As another program recorded it, which let OpenAI store its items: nobody else can read them.
  if (wire === 'openai-responses' && seq % 5 === 3)
    return { type: seq % 2 ? 'item_reference' : 'reasoning', id: `rs_stored_${seq}`, summary: [] };
  if (wire === 'openai-responses')
    return {
      type: 'reasoning',
      id: `rs_${seq}`,
      summary: [],
      encrypted_content: encrypt(provider, model, `rs_${seq}`),
    };
  if (provider === 'openrouter')
    return [{ type: 'reasoning.text', text, index: 0, signature: sign(provider, model, text) }];
  if (provider === 'own') return { reasoning_content: text };
  return seq % 2 ? { unknown: text } : null;
}
