import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AssistantPart, Capsule, ReasoningPart, ToolCallPart, Wire } from '#protocol/message.ts';
import { clientWires } from '#server/gateway/clients/index.ts';
import { target } from '#server/gateway/testing/workbench.ts';
import type { WireDelta } from '#server/gateway/wires/wire.ts';
import { assertGrammar } from './support/grammar.ts';
import { anthropicClient, openAiClient } from './support/official/index.ts';
import { serveBytes } from './support/serve-bytes.ts';
import { written } from './support/write-answer.ts';

/** What a model said, through a client and back, is what it said: text, calls, reasoning, and every opaque byte of it. */

const capsule: fc.Arbitrary<Capsule> = fc.record({
  provider: fc.constantFrom('openai', 'anthropic', 'openrouter'),
  wire: fc.constantFrom<Wire>('openai-chat', 'openai-responses', 'anthropic-messages'),
  model: fc.constantFrom('a/b', 'ü:1'),
  data: fc.json({ maxDepth: 1 }).map((data) => `{"phase":"x","ü":${data}}`),
});
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const args = fc
  .dictionary(
    fc.string({ minLength: 1, maxLength: 5 }).map((key) => `k${key}`),
    fc.jsonValue({ maxDepth: 1 }),
  )
  .map((value) => JSON.stringify(value));

const reasoning: fc.Arbitrary<ReasoningPart> = fc.oneof(
  fc.record({ type: fc.constant('reasoning' as const), text: words, capsule }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.constant(''), capsule }),
);
const call = fc.record(
  {
    type: fc.constant('tool-call' as const),
    toolCallId: fc.constant(''),
    name: fc.constantFrom('read', 'write'),
    args,
    capsule,
  },
  { requiredKeys: ['type', 'toolCallId', 'name', 'args'] },
);
const text = fc.record(
  { type: fc.constant('text' as const), text: words, capsule },
  { requiredKeys: ['type', 'text'] },
);

interface Said {
  parts: AssistantPart[];
  deltas: WireDelta[];
}

/** One text at most, which is all that chat completions can keep apart; reasoning before and between. */
const said: fc.Arbitrary<Said> = fc
  .record({
    first: fc.array(reasoning, { maxLength: 2 }),
    text: fc.option(text, { nil: undefined }),
    calls: fc.array(fc.record({ before: fc.option(reasoning, { nil: undefined }), call }), { maxLength: 3 }),
    late: fc.boolean(),
    order: fc.infiniteStream(fc.nat(3)),
  })
  .filter(({ text: words, calls }) => words !== undefined || calls.length > 0)
  .map(({ order, ...made }) => {
    const { first, text: words, calls, late } = plain(made);
    const called = calls.flatMap(({ before, call: made }, at): AssistantPart[] => [
      ...(before ? [before] : []),
      { ...made, toolCallId: `call_x${at}` },
    ]);
    const parts = [...first, ...(words ? [words] : []), ...called];
    const isLate = late && parts.filter(({ type }) => type === 'reasoning').length === 1;
    return { parts, deltas: deltasOf(parts, isLate, order) };
  });

/** Without the prototypes that the generator leaves out. */
function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function deltasOf(parts: AssistantPart[], late: boolean, order: Iterator<number>): WireDelta[] {
  const deltas: WireDelta[] = [];
  let index = 0;
  let calls: WireDelta[][] = [];
  const flush = () => {
    // Calls side by side: they begin in their order, and then their pieces come as they like.
    let begun = 0;
    while (calls.some((pieces) => pieces.length)) {
      const at = Number(order.next().value) % (begun + 1);
      const next = calls[Math.min(at, calls.length - 1)]?.shift();
      if (next) deltas.push(next);
      if (next && at === begun) begun += 1;
    }
    calls = [];
  };
  for (const part of parts) {
    if (part.type === 'tool-call') {
      calls.push(callDeltas(part, index++));
      continue;
    }
    flush();
    const type = part.type === 'text' ? ('text-delta' as const) : ('reasoning-delta' as const);
    for (const piece of halves(part.text)) deltas.push({ type, text: piece });
    if (part.type === 'reasoning' && !late) deltas.push({ type: 'reasoning-done', part });
  }
  flush();
  return deltas;
}

function callDeltas({ toolCallId: id, name, args: argsText }: ToolCallPart, index: number): WireDelta[] {
  const pieces = halves(argsText).map((piece) => ({
    type: 'tool-call-delta' as const,
    index,
    id,
    name,
    argsText: piece,
  }));
  return [{ type: 'tool-call-delta', index, id, name, argsText: '' }, ...pieces];
}

function halves(words: string): string[] {
  const characters = Array.from(words);
  const middle = Math.floor(characters.length / 2);
  return [characters.slice(0, middle).join(''), characters.slice(middle).join('')].filter(Boolean);
}

type Served = Awaited<ReturnType<typeof serveBytes>>;

/** What the client would send as the model's own words in its next request. */
const kept: Record<Wire, (served: Served, stream: boolean, text: string) => Promise<object>> = {
  async 'openai-chat'(_served, stream, bytes) {
    const message = stream ? accumulated(bytes) : chatMessage(bytes);
    return {
      messages: [{ role: 'user', content: 'Go.' }, message, ...chatResults(message.tool_calls ?? [])],
    };
  },
  async 'anthropic-messages'(served, stream) {
    const client = anthropicClient(served.origin).messages;
    const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Go.' }] };
    const { content } = stream ? await client.stream(body).finalMessage() : await client.create(body);
    const results = content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: block.id, content: 'ok' }] : [],
    );
    const answered = { role: 'user', content: [...results, { type: 'text', text: 'On.' }] };
    return { max_tokens: 9, messages: [...body.messages, { role: 'assistant', content }, answered] };
  },
  async 'openai-responses'(served, stream) {
    const client = openAiClient(served.origin).responses;
    const body = { model: 'm', input: 'Go.' };
    const { output } = stream ? await client.stream(body).finalResponse() : await client.create(body);
    const results = output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ type: 'function_call_output', call_id: item.call_id, output: 'ok' }]
        : [],
    );
    return { input: [{ role: 'user', content: 'Go.' }, ...output, ...results] };
  },
};

interface ChatMessage {
  role: 'assistant';
  content: string | null;
  reasoning_details: object[];
  tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[];
}

function chatMessage(bytes: string): ChatMessage {
  return (JSON.parse(bytes) as { choices: [{ message: ChatMessage }] }).choices[0].message;
}

function chatResults(calls: ChatMessage['tool_calls'] & {}): object[] {
  return calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
}

/** As OpenRouter documents it for clients that keep the reasoning: all pieces of the details, one after the other. */
function accumulated(bytes: string): ChatMessage {
  const message: ChatMessage = { role: 'assistant', content: '', reasoning_details: [], tool_calls: [] };
  for (const line of bytes.split('\n\n')) {
    if (!line.startsWith('data: {')) continue;
    const { choices } = JSON.parse(line.slice(6)) as { choices: { delta: Partial<ChatMessage> }[] };
    const delta = choices[0]?.delta ?? {};
    message.content += delta.content ?? '';
    message.reasoning_details.push(...(delta.reasoning_details ?? []));
    for (const piece of (delta.tool_calls ?? []) as (ChatMessage['tool_calls'] & {})[number][]) {
      const { index } = piece as unknown as { index: number };
      const known = message.tool_calls?.[index];
      if (known) known.function.arguments += piece.function.arguments;
      else message.tool_calls?.push(structuredClone(piece));
    }
  }
  if (!message.tool_calls?.length) delete message.tool_calls;
  return message;
}

for (const wire of Object.keys(clientWires) as Wire[])
  for (const stream of [true, false])
    test(`what a model said comes back as it was through a client of ${wire}, ${stream ? 'streamed' : 'whole'}`, async () => {
      await using served = await serveBytes();
      await fc.assert(
        fc.asyncProperty(said, async ({ parts, deltas }) => {
          const reason = parts.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop';
          const { contentType, text: bytes } = written(wire, stream, deltas, { reason, parts });
          assertGrammar(wire, bytes);
          served.answer(contentType, bytes);
          const back = await kept[wire](served, stream, bytes);
          const call = clientWires[wire].read({ model: 'm', ...back });
          const transcript = call.transcript(target('openai:gpt-4o'));
          assert.deepEqual(transcript[1]?.parts, parts);
        }),
        { numRuns: 150 },
      );
    });
