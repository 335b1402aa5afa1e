import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { AssistantPart, Wire } from '#protocol/message.ts';
import { clientWires } from '#server/gateway/clients/index.ts';
import { SseParser } from '#server/gateway/sse.ts';
import { target } from '#server/gateway/testing/workbench.ts';
import type { Target } from '#server/gateway/types.ts';
import { wires } from '#server/gateway/wires/index.ts';
import type { WireAnswer, WireDelta } from '#server/gateway/wires/wire.ts';
import { assertGrammar } from './support/grammar.ts';
import { conversations } from './support/official/index.ts';
import { serveBytes } from './support/serve-bytes.ts';
import { written } from './support/write-answer.ts';

/** Streams that providers really sent, as each client wire tells them: the official clients understand what was said. */

const folder = new URL('../recordings/', import.meta.url);
/** The two that end in an error, which has tests of its own. */
const broken = ['openai-responses-quota', 'openrouter-error-in-the-middle'];
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.sse'))
  .map((name) => name.slice(0, -'.sse'.length))
  .filter((name) => !broken.includes(name));

function targetOf(name: string): Target {
  if (name.startsWith('anthropic')) return target('anthropic:claude-sonnet-4-5');
  if (name.startsWith('openai-responses')) return target('openai:gpt-5.2');
  const dialect = {
    reasoningDetails: name.startsWith('openrouter'),
    reasoningContent: name.startsWith('deepseek'),
  };
  return target('openai:gpt-4o', { dialect });
}

function replayed(name: string): { deltas: WireDelta[]; answer: WireAnswer } {
  const to = targetOf(name);
  const reader = wires[to.wire].reader(to, to.dialect ?? {});
  const events = new SseParser(to.provider).push(readFileSync(new URL(`${name}.sse`, folder)));
  const deltas = events.flatMap((event) => (reader.done ? [] : reader.push(event)));
  return { deltas, answer: reader.end() };
}

function texts(parts: AssistantPart[], type: 'text' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}

let served: Awaited<ReturnType<typeof serveBytes>>;
before(async () => (served = await serveBytes()));
after(() => served[Symbol.asyncDispose]());

for (const name of names)
  for (const wire of Object.keys(clientWires) as Wire[])
    for (const stream of [true, false])
      test(`${name} as ${wire}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const { deltas, answer } = replayed(name);
        const { contentType, text } = written(wire, stream, deltas, answer);
        assertGrammar(wire, text);
        served.answer(contentType, text);
        const conversation = conversations[wire](served.origin);
        conversation.say('Go.');
        const understood = await conversation.ask({ model: 'm', stream, tools: true });
        assert.equal(understood.text || understood.refusal, texts(answer.parts, 'text'));
        if (!(wire === 'openai-chat' && stream))
          assert.equal(understood.reasoning, texts(answer.parts, 'reasoning'));
        assert.deepEqual(
          understood.calls.map(({ name: called, args }) => [called, args]),
          answer.parts.flatMap((part) =>
            part.type === 'tool-call' ? [[part.name, JSON.parse(part.args) as unknown]] : [],
          ),
        );
        assert.equal(new Set(understood.calls.map(({ id }) => id)).size, understood.calls.length);
        assert.deepEqual(understood.usage, {
          input: 9,
          output: 5,
          cacheRead: 4,
          cacheWrite: 0,
          reasoning: 2,
        });
      });
